package rpc

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"elbow/internal/regular"
)

const (
	// nonceSync is how long a nonce may stay in the page cache only: there it
	// survives a killed process, but not a power failure.
	nonceSync = time.Second

	// nonceSlack is the number of bytes of forgotten nonces that a file may hold, or as
	// many as of remembered ones if those take more.
	nonceSlack = 1 << 20

	// nonceRetry is the time between two attempts to rewrite a file that could
	// not be written.
	nonceRetry = time.Second
)

// A nonceFile keeps Nonces across restarts: a head, then a record for each,
// oldest first,
//
//	1  length of the access key id; 0: the end, written when the file is closed
//	…  access key id
//	16 nonceID
//	8  when to forget it, nanoseconds since 1970
//	4  CRC-32C of the above
//
// numbers big-endian. It is rewritten when it is opened, and when most of it is
// forgotten.
type nonceFile struct {
	path string
	all  func() []UsedNonce // the nonces that must be in it
	warn func(error)        // called when writing begins to fail

	mu    sync.Mutex
	file  *os.File  // guarded by mu, like all fields below; nil: the last write failed
	size  int64     // of the file
	kept  int64     // size of the remembered nonces at the last rewrite
	dirty bool      // a sync is due
	retry time.Time // no rewrite before
}

// Keep makes the nonces be kept in a file from now on. The content of the file is
// remembered in addition to the present nonces. If some may be missing in it,
// because it was damaged, or the machine has gone down before the last of them
// were written, or the file is absent although expected says that it must exist,
// CheckTime refuses calls that may be repetitions. warn is called with that, and
// when the file cannot be written; calls continue all the same. If the file is
// damaged or absent Keep waits for the next second, because clients date calls in
// whole seconds. Close closes the file.
func (n *Nonces) Keep(path string, expected bool, warn func(error)) {
	now := time.Now()
	found, clean, boot, err := readNonces(path)
	this, booted := bootOf(now)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !expected:
	case err != nil:
		now = now.Truncate(time.Second).Add(time.Second)
		n.distrust(now)
		warn(fmt.Errorf("calls signed before this moment are refused, as they may be repeated ones: %w", err))
		time.Sleep(time.Until(now)) // a later call of this second would be refused, too
	case !clean && boot != this:
		n.distrust(booted)
	}
	for i := range found { // a clock that was ahead must not keep them for years
		if latest := now.Add(nonceLife); found[i].Forget.After(latest) {
			found[i].Forget = latest
		}
	}
	n.Remember(found)
	n.file = &nonceFile{path: path, all: n.Used, warn: warn}
	n.file.mu.Lock()
	defer n.file.mu.Unlock()
	n.file.rewrite(now)
}

// distrust makes calls be refused that were signed before a moment. Clients date
// them in whole seconds, so the whole second of the moment is trusted.
func (n *Nonces) distrust(before time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.since = before.Truncate(time.Second)
}

// CheckTime refuses a call that was signed at a time whose nonces may have been
// lost.
func (n *Nonces) CheckTime(signed time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if signed.Before(n.since) {
		return badRequest("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.").
			because("The server has started since without its record of used nonces: sign the call again, with a clock that is right.")
	}
	return nil
}

// Close closes the file. Nonces used after that are not kept.
func (n *Nonces) Close() {
	if f := n.file; f != nil {
		f.close()
	}
}

// add appends a nonce.
func (f *nonceFile) add(u UsedNonce, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.file == nil && now.Before(f.retry):
	case f.file == nil || f.size-f.kept > max(f.kept, nonceSlack):
		f.rewrite(now) // u is among all
	default:
		f.write(appendNonce(nil, u), now)
	}
}

// write is called with mu held.
func (f *nonceFile) write(b []byte, now time.Time) {
	n, err := f.file.Write(b)
	f.size += int64(n)
	if err != nil {
		f.fail(err, now)
		return
	}
	if !f.dirty {
		f.dirty = true
		time.AfterFunc(nonceSync, f.sync)
	}
}

// fail is called with mu held.
func (f *nonceFile) fail(err error, now time.Time) {
	if f.file != nil {
		_ = f.file.Close() // it has failed already
		f.file = nil
	}
	if f.retry.IsZero() {
		f.warn(fmt.Errorf("used nonces are not kept, and after a restart calls signed before it are refused: %w", err))
	}
	f.retry = now.Add(nonceRetry)
}

func (f *nonceFile) sync() {
	f.mu.Lock()
	file := f.file
	f.dirty = false
	f.mu.Unlock()
	if file != nil {
		_ = file.Sync() // a file that was closed meanwhile was rewritten, or synced
	}
}

// rewrite rewrites the file with the remembered nonces. It is called with mu
// held.
func (f *nonceFile) rewrite(now time.Time) {
	file, size, err := f.create()
	if err != nil {
		f.fail(err, now)
		return
	}
	if f.file != nil {
		_ = f.file.Close() // its name belongs to the new one
	}
	f.file, f.size, f.kept, f.retry = file, size, size, time.Time{}
}

func (f *nonceFile) create() (_ *os.File, size int64, err error) {
	fresh := f.path + ".new"
	file, err := regular.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	boot, _ := bootOf(time.Now())
	out := bufio.NewWriterSize(file, 64<<10)
	n, _ := out.WriteString(nonceFileHead + boot + "\n") // Flush returns the error
	size = int64(n)
	for _, u := range f.all() {
		n, _ := out.Write(appendNonce(nil, u))
		size += int64(n)
	}
	err = errors.Join(out.Flush(), file.Sync())
	if err == nil {
		err = os.Rename(fresh, f.path)
	}
	if err == nil {
		err = syncDirectory(filepath.Dir(f.path))
	}
	if err != nil {
		_ = file.Close() // it is not used
		return nil, 0, err
	}
	return file, size, nil
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f *nonceFile) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return // the next start finds the end missing
	}
	_, err := f.file.Write(appendSum([]byte{0}))
	if err := errors.Join(err, f.file.Sync(), f.file.Close()); err != nil {
		f.warn(err)
	}
	f.file, f.retry = nil, time.Now().Add(nonceLife)
}
