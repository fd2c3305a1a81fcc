package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// releaseFiles detaches the open files below a directory from this process,
// whatever holds them: each descriptor stays valid and refers to /dev/null from
// then on, so that further writes to it do no harm, and the locks on the file are
// released. A mapping stays until the process ends; nothing reads it any more.
func releaseFiles(dir string) error {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	const own = "/proc/self/fd"
	open, err := os.ReadDir(own)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range open {
		file, err := os.Readlink(filepath.Join(own, e.Name()))
		if err != nil || !strings.HasPrefix(file, dir+"/") {
			continue // closed meanwhile, or another file
		}
		fd, err := strconv.Atoi(e.Name())
		if err == nil {
			_ = unix.Flock(fd, unix.LOCK_UN) // a mapping keeps the lock (findings/flock-mmap.sh); other kinds of files have none
			err = unix.Dup3(int(null.Fd()), fd, unix.O_CLOEXEC)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
