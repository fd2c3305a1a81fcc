package eventloop

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"elbow/internal/socket"

	"golang.org/x/sys/unix"
)

// A Handler is told of what happens. All its methods are called from the goroutine of
// its Loop.
type Handler interface {
	// Event tells of a descriptor that Watch was called for.
	Event(fd int32, events uint32)

	// Batch is called when all events there were have been told, and reports whether
	// there is something to do that no event will tell of.
	Batch() (more bool)

	// Tick is called once a second.
	Tick()
}

// A Loop waits in an epoll set of its own, which the runtime's poller watches in turn: a
// thread that waits in epoll_wait itself is 3 to 8 % cheaper when there is always
// something to do, 17 % dearer at half that load, and keeps other goroutines from running
// on one processor.
type Loop struct {
	Now socket.Instant // of the batch; for the Handler

	handler Handler
	set     *os.File // the epoll set
	raw     syscall.RawConn
	fd      int // of set
	wake    int // an eventfd in the set: there is something in todo
	ended   chan struct{}
	events  [256]syscall.EpollEvent
	next    socket.Instant // when Tick is called
	more    bool           // Batch said so

	mu   sync.Mutex
	todo []func() // guarded by mu
	over bool     // the loop has ended; guarded by mu
}

// EdgeTriggered is EPOLLET, which is negative in the packages that have it.
const EdgeTriggered = 1 << 31

// Start starts a loop for h, which is l's own from then on. Close ends it.
func (l *Loop) Start(h Handler) error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // what makes os use the poller
		_ = unix.Close(fd)
		return os.NewSyscallError("fcntl", err)
	}
	l.handler, l.fd, l.set, l.ended = h, fd, os.NewFile(uintptr(fd), "epoll"), make(chan struct{})
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = l.set.Close()
		return os.NewSyscallError("eventfd", err)
	}
	if l.raw, err = l.set.SyscallConn(); err == nil {
		err = errors.Join(l.set.SetReadDeadline(time.Time{}), l.Watch(l.wake, unix.EPOLLIN))
	}
	if err != nil {
		_, _ = l.set.Close(), unix.Close(l.wake)
		return fmt.Errorf("epoll set: %w", err)
	}
	l.Now = socket.Now()
	go l.run() // ends with Close, which waits for it
	return nil
}

// Close ends the loop. Nothing that it watches is closed.
func (l *Loop) Close() {
	_ = l.set.Close() // closed once
	<-l.ended
	l.mu.Lock()
	l.over = true
	_ = unix.Close(l.wake)
	l.mu.Unlock()
}

// Watch adds a descriptor to the set, for as long as it is open or until Unwatch.
func (l *Loop) Watch(fd int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)}))
}

// Unwatch takes a descriptor out of the set.
func (l *Loop) Unwatch(fd int) { _ = unix.EpollCtl(l.fd, unix.EPOLL_CTL_DEL, fd, nil) } // it is in the set

// Do runs f in the loop's goroutine and returns when it has run, or at once if the
// loop has ended. It must not be called from there.
func (l *Loop) Do(f func()) {
	done := make(chan struct{})
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return
	}
	l.todo = append(l.todo, func() { defer close(done); f() })
	_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // full only if nobody has read it yet
	l.mu.Unlock()
	select {
	case <-done:
	case <-l.ended:
	}
}

// run waits for events and for the next second.
func (l *Loop) run() {
	defer close(l.ended)
	l.arm()
	for {
		err := l.raw.Read(l.look)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return // closed
		}
		l.Now = socket.Now()
		l.tick()
		l.more = l.handler.Batch()
	}
}

// arm has run woken a second later.
func (l *Loop) arm() {
	l.next = l.Now.Add(time.Second)
	_ = l.set.SetReadDeadline(l.next.Time()) // fails only after Close
}

func (l *Loop) tick() {
	l.handler.Tick()
	l.arm()
}

// look handles what there is. It always returns false: there is more to wait for.
func (l *Loop) look(uintptr) bool {
	for round := 1; ; round++ {
		n := l.wait()
		if n == 0 && !l.more {
			return false
		}
		l.Now = socket.Now()
		for i := range n {
			if e := &l.events[i]; int(e.Fd) == l.wake {
				l.runTodo()
			} else {
				l.handler.Event(e.Fd, e.Events)
			}
		}
		if l.Now >= l.next {
			l.tick()
		}
		l.more = l.handler.Batch()
		if round%16 == 0 {
			runtime.Gosched() // the scheduler does not notice system calls made as these are
		}
	}
}

// wait asks for events without waiting for any, and without announcing the call to the
// scheduler.
func (l *Loop) wait() int {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.fd), uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)), 0, 0, 0)
		switch e {
		case 0:
			return int(n)
		case unix.EINTR:
		default:
			return 0
		}
	}
}

func (l *Loop) runTodo() {
	var counter [8]byte
	_, _ = unix.Read(l.wake, counter[:]) // nothing there is fine, too
	l.mu.Lock()
	todo := l.todo
	l.todo = nil
	l.mu.Unlock()
	for _, f := range todo {
		f()
	}
}
