package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Examine inspects a data directory without changing anything in it. The error is
// ErrInUse if a process has it open, fs.ErrNotExist if there is none, and a
// *DamageError if Start would refuse its content. document is as in Config.
func Examine(path string, document func(key, value []byte, leased bool) error) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	d, err := lockDirectory(path, os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) { // no process has it open: a process creates the file
		d, err = &directory{path: path}, nil
	}
	if err != nil {
		return err
	}
	defer d.close()
	found, database, err := d.examine(document)
	if err != nil {
		return err
	}
	fresh := found.isNew(database)
	switch err := d.readFormat(); {
	case errors.Is(err, fs.ErrNotExist) && fresh:
	case errors.Is(err, fs.ErrNotExist):
		return d.noFormat()
	case err != nil:
		return err
	}
	if fresh {
		return nil
	}
	if _, err := sealKey(path, false); err != nil {
		return fmt.Errorf("data directory %s: %w", path, err)
	}
	return nil
}

// HasStore reports whether a data directory has a store, in whatever state.
func HasStore(path string) (bool, error) {
	_, err := os.Stat(filepath.Join(path, storeName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
