package socket

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A Lot holds connections that wait for something to read without a goroutine: an idle
// TLS connection takes 8.4 KB here, and 12.9 KB with a goroutine. One goroutine
// watches all of them through its own epoll set, which in turn is watched by the
// runtime's poller.
//
// Parking and waking take two system calls and a new goroutine, so a connection
// is parked when it has been idle for a while, not between two requests.
type Lot struct {
	set    *os.File // the epoll set
	raw    syscall.RawConn
	ended  chan struct{}
	events [128]syscall.EpollEvent // owned by the watching goroutine

	mu    sync.Mutex // also held for epoll_ctl, which does not block
	order byDue      // guarded by mu; all parked connections
	byFD  []*Conn    // guarded by mu; the same by file descriptor, nil: none
	armed Instant    // guarded by mu; when the watching goroutine checks for expired ones; 0: never
}

// NewLot opens a Lot. Close ends it.
func NewLot() (*Lot, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // makes os use the poller
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("epoll set: %w", err)
	}
	l := &Lot{set: os.NewFile(uintptr(fd), "epoll"), ended: make(chan struct{})}
	if l.raw, err = l.set.SyscallConn(); err == nil {
		err = l.set.SetReadDeadline(time.Time{}) // fails if the poller did not accept it
	}
	if err != nil {
		_ = l.set.Close()
		return nil, fmt.Errorf("epoll set: %w", err)
	}
	go l.run() // ends with Close, which waits for it
	return l, nil
}

// Close ends the Lot. It must be empty.
func (l *Lot) Close() {
	_ = l.set.Close() // closed once
	<-l.ended
}

// run wakes the connections that are readable, or due.
func (l *Lot) run() {
	defer close(l.ended)
	for {
		err := l.raw.Read(l.look)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return // closed
		}
		l.expire()
	}
}

// look wakes the readable connections. It always returns false: the poller is to
// wait again.
func (l *Lot) look(set uintptr) bool {
	for {
		n, err := syscall.EpollWait(int(set), l.events[:], 0)
		for i := range max(n, 0) {
			l.readable(l.events[i].Fd)
		}
		if err != syscall.EINTR && n < len(l.events) {
			return false
		}
	}
}

func (l *Lot) readable(fd int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.byFD[fd]; c != nil { // else it has just left
		go l.release(c).Awake(nil) // ends with the connection, or when it is parked again
	}
}

// expire wakes the connections that are due.
func (l *Lot) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for now := Now(); len(l.order) > 0 && l.order[0].reading.due <= now; {
		s := l.release(l.order[0])
		go s.Awake(os.ErrDeadlineExceeded) // ends with the connection
	}
	l.armed = 0
	due := Instant(0)
	if len(l.order) > 0 {
		due = l.order[0].reading.due
	}
	l.arm(due)
}

// arm ensures that expire is called at due or earlier; 0: never. Called with mu
// locked.
func (l *Lot) arm(due Instant) {
	if l.armed != 0 && l.armed <= due {
		return
	}
	l.armed = due
	var at time.Time
	if due != 0 {
		at = due.Time()
	}
	_ = l.set.SetReadDeadline(at) // fails only after Close
}

// watch adds c to the epoll set. Called with mu locked.
func (l *Lot) watch(c *Conn) bool {
	err := errors.New("closed")
	_ = c.raw.Control(func(fd uintptr) { // fails only if closed
		c.place.fd = int32(fd)
		err = l.control(c, syscall.EPOLL_CTL_ADD)
	})
	if err != nil {
		return false
	}
	if missing := int(c.place.fd) + 1 - len(l.byFD); missing > 0 {
		l.byFD = slices.Grow(l.byFD, missing)[:len(l.byFD)+missing]
	}
	l.byFD[c.place.fd] = c
	return true
}

// forget removes c from the epoll set. Called with mu locked.
func (l *Lot) forget(c *Conn) {
	if l.byFD[c.place.fd] == c { // else it is closed and the number was reused
		l.byFD[c.place.fd] = nil
	}
	// If it is closed, the kernel has removed it.
	_ = c.raw.Control(func(uintptr) { _ = l.control(c, syscall.EPOLL_CTL_DEL) })
}

func (l *Lot) control(c *Conn, op int) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: c.place.fd}
	var err error
	if ctl := l.raw.Control(func(set uintptr) {
		err = syscall.EpollCtl(int(set), op, int(c.place.fd), &event)
	}); ctl != nil {
		return ctl
	}
	return err
}
