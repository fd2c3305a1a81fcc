package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// A DamageError says that a file of the data directory is corrupt or missing, so
// that the store in it cannot be opened without losing acknowledged calls.
// Nothing has been changed. SetAside makes room for a backup.
type DamageError struct {
	Dir  string // the data directory
	File string // relative to Dir
	Err  error  // what is wrong with it
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s is damaged: %v; put the directory back from a copy, or bring a backup back with: elbow restore --data %s FILE",
		filepath.Join(e.Dir, e.File), e.Err, e.Dir)
}

func (e *DamageError) Unwrap() error { return e.Err }

// damaged returns a *DamageError for a file of the store, given by its path in it,
// except for a permission error, which does not show damage.
func (d *directory) damaged(file string, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("data directory %s: %w", d.path, err)
	}
	return &DamageError{Dir: d.path, File: filepath.Join(storeName, file), Err: err}
}
