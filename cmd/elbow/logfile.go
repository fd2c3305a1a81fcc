package main

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// A logFile is a file that is appended to and may be moved away in between. It may
// be a FIFO: nothing but a Write waits for its reader.
type logFile struct {
	path string

	// limit is the size of file and predecessor together, in bytes: beyond half of it
	// the file is moved to PATH.1, in the place of the one before. 0: none.
	limit int64

	mu   sync.Mutex
	file *openFile // guarded by mu
}

// An openFile is closed when it has been replaced and nobody writes to it.
type openFile struct {
	*os.File
	writers  int  // guarded by logFile.mu
	replaced bool // guarded by logFile.mu
}

// errNoReader is returned when a FIFO is opened that no process reads.
var errNoReader = errors.New("nobody reads this FIFO: start its reader first")

// open opens the path, anew if it was open. The old file is closed once the
// new one is there and what is being written to it is.
func (l *logFile) open() error {
	// A line may tell of a customer's clients: it is not for every user of the
	// machine. To open a FIFO would wait for its reader without O_NONBLOCK; a file
	// takes no notice of it.
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o640)
	if errors.Is(err, syscall.ENXIO) { // fifo(7)
		return &os.PathError{Op: "open", Path: l.path, Err: errNoReader}
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
func (l *logFile) replace(old *openFile) error {
	old.replaced = true
	if old.writers > 0 {
		return nil // the last of them closes it
	}
	return old.Close()
}

// Write waits for as long as the file does, without holding up anybody else.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	f := l.file
	f.writers++
	l.mu.Unlock()
	n, err := f.Write(p)
	l.mu.Lock()
	f.writers--
	if f.replaced && f.writers == 0 {
		_ = f.Close() // every line was written by a call of its own
	}
	l.mu.Unlock()
	if err == nil && l.limit > 0 {
		err = l.rotate(f)
	}
	return n, err
}

// rotate moves the file away once it is too large. A file that somebody else has
// moved already, as a newer process on the same file, stays where it is.
func (l *logFile) rotate(f *openFile) error {
	size, err := f.Stat()
	if err != nil || !size.Mode().IsRegular() || size.Size() < l.limit/2 {
		return nil // closed meanwhile, or nothing to do
	}
	if there, err := os.Stat(l.path); err == nil && os.SameFile(size, there) {
		if err := os.Rename(l.path, l.path+".1"); err != nil {
			return err
		}
	}
	return l.open()
}

// close ends a Write that waits, too.
func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Close() // every line was written by a call of its own
}
