package backup

import (
	"errors"
	"os"
	"path/filepath"

	"elbow/internal/regular"
)

// WriteWhole writes a file readable by its owner only, atomically: it is complete
// or absent, also after a power failure.
func WriteWhole(path string, content []byte) error {
	part := path + ".part"
	f, err := regular.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part) // a full disk needs the space
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// Save is WriteWhole for a file that somebody has named: what is there and not a
// regular file, as /dev/stdout, is written to and not replaced.
func Save(path string, content []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, content, 0o600)
	}
	return WriteWhole(path, content)
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
