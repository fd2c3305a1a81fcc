package socket

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// A writer is the writing side of a Conn.
type writer struct {
	writing   deadline
	stalled   bool // the last Write had to wait
	stall     time.Duration
	behind    int     // unacknowledged bytes when the stall began
	staller   Staller // nil: none
	flags     uintptr // flags of the system calls that write
	rest      []byte  // rest of the Write in flight
	writeErr  error
	writeOnce func(fd uintptr) bool // tryWrite, bound once: a bound method allocates
}

// StallAfter makes a write end with os.ErrDeadlineExceeded if the peer
// acknowledges nothing for d.
func (w *writer) StallAfter(d time.Duration) { w.stall = d }

// A Staller is called by the writing goroutine when a Write has to wait for room,
// again whenever the room was not enough, and when that Write ends.
type Staller interface {
	Stalls()
	Flows()
}

// TellStalls sets the Staller of writes that have to wait.
func (w *writer) TellStalls(s Staller) { w.staller = s }

// HoldEnd makes the kernel hold the last, partial packet of what is written from
// now on, so that the FIN of CloseWrite goes with it. Without a CloseWrite the
// packet is sent after 200 ms, or with Close.
func (w *writer) HoldEnd() { w.flags = moreFlag }

// write implements Conn.Write.
func (w *writer) write(raw syscall.RawConn, p []byte) (int, error) {
	if w.writeOnce == nil {
		w.writeOnce = w.tryWrite
	}
	w.rest, w.writing.due, w.stalled = p, 0, false
	for {
		err := raw.Write(w.writeOnce)
		if err != nil && (w.writing.again(err) || w.advanced(raw, err)) {
			continue
		}
		if err == nil {
			err = w.writeErr
		}
		n := len(p) - len(w.rest)
		w.rest = nil
		if w.stalled && w.staller != nil {
			w.staller.Flows()
		}
		return n, bare(err)
	}
}

// tryWrite writes what it can and reports whether it is done. It sets a deadline
// only when it has to wait: usually the kernel accepts everything.
func (w *writer) tryWrite(fd uintptr) bool {
	for progress := false; ; {
		n, err := writeFD(fd, w.rest, w.flags)
		w.rest = w.rest[n:]
		progress = progress || n > 0
		switch {
		case err == syscall.EAGAIN:
			if w.staller != nil && (!w.stalled || progress) {
				w.staller.Stalls()
			}
			w.stalled = true
			if w.stall > 0 {
				w.writing.due = Now().Add(w.stall)
				w.behind, _ = unackedFD(fd) // 0 if unknown
			}
			w.writeErr = w.writing.arm()
			return w.writeErr != nil
		case err != nil || len(w.rest) == 0:
			w.writeErr = err
			return true
		}
	}
}

// advanced reports whether a Write that ended with err must continue, because the
// peer has acknowledged something meanwhile although not enough to make room: the
// kernel reports room only when a good part of its buffer is free, which takes
// minutes with a slow client. Then it has moved the deadline.
func (w *writer) advanced(raw syscall.RawConn, err error) bool {
	if w.stall == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	n, failed := unacked(raw)
	if failed != nil || n >= w.behind {
		return false
	}
	w.behind, w.writing.due = n, Now().Add(w.stall)
	return w.writing.arm() == nil
}

// Stalled reports whether the last Write had to wait for room. It is for the
// writing goroutine.
func (w *writer) Stalled() bool { return w.stalled }
