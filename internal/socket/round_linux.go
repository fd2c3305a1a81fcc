package socket

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Rounds lets a goroutine wait until the runtime has polled the network and has
// run the goroutines that became runnable. Yielding is not enough for that: as
// long as any goroutine is runnable, and one that has yielded is, the runtime
// polls the network only once in 10 ms.
type Rounds struct {
	event *os.File // an eventfd; each write wakes the waiters, read or not
	raw   syscall.RawConn
}

// NewRounds opens the eventfd. The caller must call Close.
func NewRounds() (*Rounds, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	r := &Rounds{event: os.NewFile(uintptr(fd), "eventfd")}
	if r.raw, err = r.event.SyscallConn(); err == nil {
		err = r.event.SetReadDeadline(time.Time{}) // fails if the poller did not accept it
	}
	if err != nil {
		_ = r.event.Close()
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return r, nil
}

// Wait returns when the network has been polled, and the connections that were
// readable then have run. It may be called concurrently. It takes 10 µs or less
// of CPU time.
func (r *Rounds) Wait() {
	begun := false
	_ = r.raw.Read(func(fd uintptr) bool { // when closed it returns at once
		if begun {
			return true
		}
		begun = true
		one := [8]byte{1} // not 0 in either byte order
		_, err := unix.Write(int(fd), one[:])
		return err != nil
	})
}

// Close closes the eventfd. No goroutine may be waiting.
func (r *Rounds) Close() { _ = r.event.Close() } // closed once
