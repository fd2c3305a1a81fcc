package logs

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// A File is a file that is appended to and may be moved away in between. It may
// be a FIFO: only Write waits for its reader.
type File struct {
	Path string

	// Limit is the maximum size of the file and its predecessor together, in
	// bytes: above half of it the file is renamed to PATH.1, replacing the one
	// before. 0: none.
	Limit int64

	mu   sync.Mutex
	file *openFile // guarded by mu
}

// An openFile is closed when it has been replaced and no Write uses it.
type openFile struct {
	*os.File
	writers  int  // guarded by File.mu
	replaced bool // guarded by File.mu
}

// ErrNoReader is the error for opening a FIFO that no process reads.
var ErrNoReader = errors.New("nobody reads this FIFO: start its reader first")

// Open opens the path, or reopens it. The old file is closed after the new one is
// open and pending writes are done.
func (l *File) Open() error {
	// A line may contain data of a customer's clients, so the file is not
	// readable for every user of the machine. Without O_NONBLOCK, opening a FIFO
	// would wait for its reader; for a file it has no effect.
	f, err := os.OpenFile(l.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o640)
	if errors.Is(err, syscall.ENXIO) { // fifo(7)
		return &os.PathError{Op: "open", Path: l.Path, Err: ErrNoReader}
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.file
	l.file = &openFile{File: f}
	if old != nil {
		return l.replace(old)
	}
	return nil
}

// replace is called with mu held.
func (l *File) replace(old *openFile) error {
	old.replaced = true
	if old.writers > 0 {
		return nil // the last of them closes it
	}
	return old.Close()
}

// Write blocks for as long as the file does, without blocking other calls.
func (l *File) Write(p []byte) (int, error) {
	l.mu.Lock()
	f := l.file
	f.writers++
	l.mu.Unlock()
	n, err := f.Write(p)
	l.mu.Lock()
	f.writers--
	if f.replaced && f.writers == 0 {
		_ = f.Close() // every line was written by a separate call
	}
	l.mu.Unlock()
	if err == nil && l.Limit > 0 {
		err = l.rotate(f)
	}
	return n, err
}

// rotate renames the file when it is too large. A file that another process has
// renamed already, such as a newer process on the same file, is only reopened.
func (l *File) rotate(f *openFile) error {
	size, err := f.Stat()
	if err != nil || !size.Mode().IsRegular() || size.Size() < l.Limit/2 {
		return nil // closed meanwhile, or nothing to do
	}
	if there, err := os.Stat(l.Path); err == nil && os.SameFile(size, there) {
		if err := os.Rename(l.Path, l.Path+".1"); err != nil {
			return err
		}
	}
	return l.Open()
}

// Close also ends a Write that blocks.
func (l *File) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Close() // every line was written by a separate call
}
