package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"elbow/internal/regular"
)

// format is the version of the data directory that this program writes, and the
// newest that it reads. It must be raised for changes that an older program would
// misread.
const format = 1

// ErrInUse is wrapped by the error for a directory that another process has open.
var ErrInUse = errors.New("in use by another process")

// A directory is a locked data directory:
//
//	lock      locked with flock while a process uses the directory
//	format    version of the rest
//	seal.key  see sealKey
//	begun     see begunFile
//	etcd/     files of etcd
type directory struct {
	path string
	lock *os.File
}

// storeName is etcd's directory in the data directory.
const storeName = "etcd"

func (d *directory) store() string { return filepath.Join(d.path, storeName) }

// openDirectory creates the directory if needed, locks it and checks its format.
func openDirectory(path string) (*directory, error) {
	if path == "" {
		return nil, errors.New("no data directory given")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	d, err := lockDirectory(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := d.checkFormat(); err != nil {
		d.close() // nothing was written
		if damage := new(DamageError); errors.As(err, &damage) {
			return nil, err
		}
		return nil, fmt.Errorf("data directory %s: %w", path, err)
	}
	return d, nil
}

// The files of a directory that this package creates, except etcd's.
const (
	lockFile   = "lock"
	formatFile = "format"
)

// lockDirectory locks an existing directory. The flags are those of os.OpenFile
// for the lock file.
func lockDirectory(path string, flags int) (*directory, error) {
	lock, err := regular.OpenFile(filepath.Join(path, lockFile), flags, 0o600)
	if errors.Is(err, regular.ErrNotRegular) {
		return nil, &DamageError{path, lockFile, regular.ErrNotRegular}
	}
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		_ = lock.Close() // nothing was written
		return nil, fmt.Errorf("data directory %s: lock: %w", path, err)
	}
	return &directory{path: path, lock: lock}, nil
}

// checkFormat reads the version, or writes it into a directory without a store.
func (d *directory) checkFormat() error {
	err := d.readFormat()
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(d.store()); err == nil {
		return d.noFormat()
	}
	return writeDurably(filepath.Join(d.path, formatFile), []byte(strconv.Itoa(format)+"\n"), 0o644)
}

// noFormat is the error for a store without a version.
func (d *directory) noFormat() error {
	return &DamageError{d.path, formatFile, errors.New("it is missing beside a store; if there never was one, this is not a data directory of elbow")}
}

// readFormat checks that this program can read the version. The error is
// fs.ErrNotExist if there is none.
func (d *directory) readFormat() error {
	path := filepath.Join(d.path, formatFile)
	text, err := regular.ReadFile(path)
	if errors.Is(err, regular.ErrNotRegular) {
		return &DamageError{d.path, formatFile, regular.ErrNotRegular}
	}
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || version < 1 {
		return &DamageError{d.path, formatFile, fmt.Errorf("unreadable version %.20q", text)}
	}
	if version > format {
		return fmt.Errorf("%s: format %d was written by a newer version of elbow; this one reads up to %d", path, version, format)
	}
	return nil
}

func (d *directory) close() {
	_ = d.lock.Close() // closing the descriptor releases the lock
}

// writeDurably creates a file that is either absent or complete, also after a
// power failure. It does not replace an existing file.
func writeDurably(path string, content []byte, mode fs.FileMode) error {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(tmp, path); err != nil { // unlike a rename, this fails if path exists
		return err
	}
	if err := os.Remove(tmp); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
