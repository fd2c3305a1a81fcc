package embedded

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrFull is wrapped by the error of a write that was refused because the disk is
// full.
var ErrFull = errors.New("the store is full")

// A disk is the file system of the data directory.
type disk struct{ dir string }

// free asks the file system, which takes about a microsecond. A file system that
// does not say counts as having room.
func (d disk) free() int64 {
	var st unix.Statfs_t
	if err := unix.Statfs(d.dir, &st); err != nil {
		return lowDisk
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

// check returns nil if there is room for a write.
func (d disk) check() error {
	if free := d.free(); free < minDisk {
		return fmt.Errorf("%w: %d MiB left on the disk of %s, writes need %d", ErrFull, free>>20, d.dir, int64(minDisk>>20))
	}
	return nil
}
