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

// A Wire is a client's TCP connection, as crypto/tls sees it or, on a plain
// listener, the exchange.
//
// It reads into a buffer that it takes from the pool only when there is
// something to read, so a connection that waits holds none.
//
// Under TLS it hands over one record at a time. crypto/tls would otherwise
// read ahead into a buffer of its own, and nobody could tell whether a
// connection is really idle.
type Wire struct {
	socket.Conn
	records bool // hand over one TLS record at a time

	// Owned by the reading goroutine.
	in       *buffer.Buffer // nil while nothing is pending
	next     int            // in.b[next:end] is pending
	end      int
	record   int // bytes of the current record still to hand over
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates

	turn *overload.Gate // what a handshake that is being computed is inside of; nil: none

	mu   sync.Mutex      // one write at a time: crypto/tls also writes when it reads
	held *buffer.Records // guarded by mu; what is kept back until flush; nil: nothing is
}

// Open is for a new connection, whose reads hand over one TLS record at a time if records
// is set, and whose writes may stand still for stall.
func (w *Wire) Open(tcp *net.TCPConn, lot *socket.Lot, records bool, stall time.Duration) error {
	w.records = records
	w.readOnce = w.tryRead
	w.StallAfter(stall)
	return w.Init(tcp, lot)
}

// Wait returns once there is something to read, holding no buffer until then.
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

// header finds out how long the record that begins at next is.
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

// fill reads from the connection once, waiting if need be.
func (w *Wire) fill() error {
	if err := w.WhenReadable(w.readOnce); err != nil {
		return err
	}
	return w.readErr
}

// tryRead reads once without blocking and reports whether that settled the
// matter. A buffer taken for nothing goes back at once.
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

// letGo gives the buffer back.
func (w *Wire) letGo() {
	w.in.Release()
	w.in, w.next, w.end = nil, 0, 0
}

// Write implements net.Conn. Under holdBack it only keeps a copy of p.
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

// holdBack makes Write keep what it is given until flush: the records of n bytes.
func (w *Wire) holdBack(n int) {
	w.mu.Lock()
	w.held = buffer.TakeRecords(n)
	w.mu.Unlock()
}

// flush ends what holdBack began, and writes what was kept in one go.
func (w *Wire) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.held
	w.held = nil
	_, err := w.Conn.Write(h.B)
	h.Release()
	return err
}

// stalled reports whether what was written last had to wait for room.
func (w *Wire) stalled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Conn.Stalled()
}

// SetDeadline implements net.Conn. Reads have ReadBy, writes StallAfter; all
// that crypto/tls itself wants a deadline for is its last alert.
func (w *Wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn; see SetDeadline.
func (w *Wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn; see SetDeadline.
func (w *Wire) SetWriteDeadline(time.Time) error { return nil }

// Begins notes what the end of the turn has to leave.
func (w *Wire) Begins(g *overload.Gate) bool {
	w.turn = g
	return true
}

// EndTurn gives the turn to the next one, if it is the client's.
func (w *Wire) EndTurn() {
	if w.turn != nil {
		w.turn.Leave()
		w.turn = nil
	}
}

// Ended reports whether the connection has been closed from here.
func (w *Wire) Ended() bool { return w.Control(func(uintptr) {}) != nil }
