package tcp

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"elbow/internal/buffer"
	"elbow/internal/overload"
	"elbow/internal/socket"
)

// A Wire is a client's TCP connection as crypto/tls or, on a plain listener, the
// exchange uses it.
//
// It takes a buffer from the pool only when there is something to read, so an idle
// connection holds none.
//
// Under TLS it returns one record at a time. Otherwise crypto/tls would read ahead
// into a buffer of its own, and it would be unknown whether a connection is really
// idle.
type Wire struct {
	socket.Conn
	records bool // return one TLS record at a time

	// Owned by the reading goroutine.
	in       *buffer.Buffer // nil while nothing is pending
	next     int            // in.B[next:end] is pending
	end      int
	record   int // bytes of the current record not yet returned
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates

	turn *overload.Gate // the gate entered for computing a handshake; nil: none

	mu   sync.Mutex      // one write at a time: crypto/tls also writes when it reads
	held *buffer.Records // guarded by mu; output held back until flush; nil: none
}

// Open initializes the wire of a new connection. If records is set, reads return one
// TLS record at a time. A write may stall for at most stall.
func (w *Wire) Open(tcp *net.TCPConn, lot *socket.Lot, records bool, stall time.Duration) error {
	w.records = records
	w.readOnce = w.tryRead
	w.StallAfter(stall)
	return w.Init(tcp, lot)
}

// Wait blocks until there is something to read. It holds no buffer meanwhile.
func (w *Wire) Wait() error {
	if w.next < w.end {
		return nil
	}
	return w.fill()
}

// Read implements net.Conn.
func (w *Wire) Read(p []byte) (int, error) {
	if err := w.Wait(); err != nil {
		return 0, err
	}
	n := w.end - w.next
	if w.records {
		if w.record == 0 {
			if err := w.header(); err != nil {
				return 0, err
			}
		}
		n = min(w.end-w.next, w.record)
	}
	n = copy(p, w.in.B[w.next:w.next+n])
	w.next += n
	if w.records {
		w.record -= n
	}
	if w.next == w.end {
		w.letGo()
	}
	return n, nil
}

// recordHeaderLen is the length of a TLS record's header: type, version and
// the length of what follows (RFC 8446, 5.1).
const recordHeaderLen = 5

// header parses the length of the record that begins at next.
func (w *Wire) header() error {
	for w.end-w.next < recordHeaderLen {
		if err := w.fill(); err != nil {
			return err
		}
	}
	h := w.in.B[w.next:]
	w.record = recordHeaderLen + int(h[3])<<8 + int(h[4])
	return nil
}

// fill reads from the connection once, blocking if necessary.
func (w *Wire) fill() error {
	if err := w.WhenReadable(w.readOnce); err != nil {
		return err
	}
	return w.readErr
}

// tryRead reads once without blocking and reports whether it is finished. If there was
// nothing to read, it returns the buffer to the pool at once.
func (w *Wire) tryRead(fd uintptr) bool {
	if w.in == nil {
		w.in, w.next, w.end = buffer.Take(), 0, 0
	} else if w.next > 0 {
		w.end = copy(w.in.B[:], w.in.B[w.next:w.end])
		w.next = 0
	}
	n, err := socket.ReadFD(fd, w.in.B[w.end:])
	w.end += n
	if w.next == w.end {
		w.letGo()
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	w.readErr = err
	return err != syscall.EAGAIN
}

// letGo returns the buffer to the pool.
func (w *Wire) letGo() {
	w.in.Release()
	w.in, w.next, w.end = nil, 0, 0
}

// Write implements net.Conn. After holdBack it only copies p.
func (w *Wire) Write(p []byte) (int, error) {
	w.EndTurn()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		w.held.B = append(w.held.B, p...)
		return len(p), nil
	}
	return w.Conn.Write(p)
}

// holdBack makes Write buffer its data until flush. n is the number of bytes to be
// written, before TLS.
func (w *Wire) holdBack(n int) {
	w.mu.Lock()
	w.held = buffer.TakeRecords(n)
	w.mu.Unlock()
}

// flush ends holdBack, and writes the buffered data with one system call.
func (w *Wire) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.held
	w.held = nil
	_, err := w.Conn.Write(h.B)
	h.Release()
	return err
}

// stalled reports whether the last write had to block.
func (w *Wire) stalled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Conn.Stalled()
}

// SetDeadline implements net.Conn and does nothing. Reads are limited by ReadBy,
// writes by StallAfter; crypto/tls sets a deadline only for its last alert.
func (w *Wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn; see SetDeadline.
func (w *Wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn; see SetDeadline.
func (w *Wire) SetWriteDeadline(time.Time) error { return nil }

// Begins records the gate that EndTurn leaves.
func (w *Wire) Begins(g *overload.Gate) bool {
	w.turn = g
	return true
}

// EndTurn leaves the gate of handshakes if the connection is inside of it.
func (w *Wire) EndTurn() {
	if w.turn != nil {
		w.turn.Leave()
		w.turn = nil
	}
}

// Ended reports whether the connection has been closed locally.
func (w *Wire) Ended() bool { return w.Control(func(uintptr) {}) != nil }
