package socket

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Rounds lets a goroutine wait until the runtime has looked at the network and
// has run what is to be done there. Yielding is not enough for that: as long as
// any goroutine can run, and one that has yielded can, the runtime looks at the
// network only once in 10 ms.
type Rounds struct {
	event *os.File // an eventfd; each write wakes who waits, read or not
	raw   syscall.RawConn
}

// NewRounds opens what Wait needs. Close closes it.
func NewRounds() (*Rounds, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	r := &Rounds{event: os.NewFile(uintptr(fd), "eventfd")}
	if r.raw, err = r.event.SyscallConn(); err == nil {
		err = r.event.SetReadDeadline(time.Time{}) // fails if the poller has not taken it
	}
	if err != nil {
		_ = r.event.Close()
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return r, nil
}

// Wait returns when the network has been looked at, and the connections that had
// something to read then have been run. It may be called by several at a time. It
// takes 10 µs or less of CPU time.
func (r *Rounds) Wait() {
	begun := false
	_ = r.raw.Read(func(fd uintptr) bool { // when closed there is nothing to wait for
		if begun {
			return true
		}
		begun = true
		one := [8]byte{1} // in whatever order of bytes, it is not 0
		_, err := unix.Write(int(fd), one[:])
		return err != nil
	})
}

// Close closes it. Nobody waits any more.
func (r *Rounds) Close() { _ = r.event.Close() } // closed once
