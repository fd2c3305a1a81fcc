package backup

import (
	"errors"
	"io/fs"
	"path/filepath"

	"elbow/internal/regular"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// Examine inspects a data directory that no node has open.
func Examine(dir string) (open bool, err error) {
	err = embedded.Examine(dir, store.VerifyDocument)
	if errors.Is(err, embedded.ErrInUse) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	content, err := regular.ReadFile(filepath.Join(dir, restoringFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		_, err = Read(content)
	}
	if err != nil {
		return false, damagedRestore(dir, err)
	}
	return false, errors.New("a restore was interrupted; the next start finishes it, or elbow restore does")
}
