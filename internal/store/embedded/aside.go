package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// SetAside moves the store of a damaged directory, and other damaged files of it,
// into a new directory beside it, so that Start can begin with an empty store and
// nothing is lost for analysis. The seal key, if it is readable, is in both. The
// result is the path of that directory.
func SetAside(path string) (aside string, err error) {
	aside = filepath.Join(path, "damaged-"+time.Now().UTC().Format("20060102T150405.000Z"))
	if err := os.Mkdir(aside, 0o700); err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(aside) // unless it is not empty
		}
	}()
	move := func(name string) error {
		err := os.Rename(filepath.Join(path, name), filepath.Join(aside, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if info, err := os.Lstat(filepath.Join(path, lockFile)); err == nil && !info.Mode().IsRegular() {
		if err := move(lockFile); err != nil {
			return "", err
		}
	}
	d, err := lockDirectory(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return "", err
	}
	defer d.close()
	damage := new(DamageError)
	if err := d.checkFormat(); errors.As(err, &damage) {
		if err := move(formatFile); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err // of a newer version
	}
	key, err := sealKey(path, false)
	if err == nil {
		err = writeDurably(filepath.Join(aside, sealKeyFile), []byte(fmt.Sprintf("%x\n", key)), 0o600)
	} else {
		err = move(sealKeyFile)
	}
	// The mark is moved last: without a store it says that there was one.
	return aside, errors.Join(err, move(storeName), move(begunFile))
}
