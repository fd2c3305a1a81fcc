// Package regular opens files that have to be regular ones. To open a FIFO waits for
// the process at its other end, and a device may have no end: in the data directory
// of a node either would keep it from starting, without a word. Start reading at
// OpenFile.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is in the error for a directory, FIFO, socket or device.
var ErrNotRegular = errors.New("it is not a regular file")

// OpenFile is os.OpenFile for a regular file, or one that is to be made. A symbolic
// link counts as the file it points to. Anything else is an error with ErrNotRegular
// and the path, and is not opened: who may replace the file between the look at it
// and the open may do anything to the node.
func OpenFile(path string, flag int, perm fs.FileMode) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return os.OpenFile(path, flag, perm)
}

// Open is OpenFile for reading.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// ReadFile is os.ReadFile for a regular file.
func ReadFile(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// WriteFile is os.WriteFile for a regular file, or one that is to be made.
func WriteFile(path string, content []byte, perm fs.FileMode) error {
	f, err := OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
