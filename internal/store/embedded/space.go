package embedded

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrFull is in the error of a write that was refused because the disk has no
// room for it.
var ErrFull = errors.New("the store is full")

// A disk is the file system that the data directory is on.
type disk struct{ dir string }

// free asks the file system, which takes about a microsecond. A file system
// that cannot say is taken to have room.
func (d disk) free() int64 {
	var st unix.Statfs_t
	if err := unix.Statfs(d.dir, &st); err != nil {
		return lowDisk
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

// check is nil if there is room for a write.
func (d disk) check() error {
	if free := d.free(); free < minDisk {
		return fmt.Errorf("%w: %d MiB left on the disk of %s, writes need %d", ErrFull, free>>20, d.dir, int64(minDisk>>20))
	}
	return nil
}
