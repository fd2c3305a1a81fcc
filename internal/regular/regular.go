// Package regular opens files that must be regular ones. Opening a FIFO waits for
// the process at its other end, and a device may have no end: in the data
// directory of a node either would make its start hang without a message. Start
// reading at OpenFile.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is wrapped by the error for a directory, FIFO, socket or device.
var ErrNotRegular = errors.New("it is not a regular file")

// OpenFile is os.OpenFile for a regular file, or one to be created. A symbolic
// link counts as the file it points to. Anything else is an error with
// ErrNotRegular and the path, and is not opened. The check is not atomic with the
// open: whoever could replace the file in between can do anything to the node
// anyway.
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

// WriteFile is os.WriteFile for a regular file, or one to be created.
func WriteFile(path string, content []byte, perm fs.FileMode) error {
	f, err := OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
