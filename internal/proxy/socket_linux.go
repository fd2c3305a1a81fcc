package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A socket is a client's TCP connection, as crypto/tls sees it or, on a plain
// listener, the exchange. It differs from net.TCPConn in three things:
//
// It reads into a buffer that it takes from the pool only when there is
// something to read, so a connection that waits holds none.
//
// Under TLS it hands over one record at a time. crypto/tls would otherwise
// read ahead into a buffer of its own, and nobody could tell whether a
// connection is really idle.
//
// Its deadlines move lazily.
type socket struct {
	tcp     *net.TCPConn
	raw     syscall.RawConn
	records bool          // hand over one TLS record at a time
	stall   time.Duration // how long a write may make no progress

	// Owned by the reading goroutine.
	in          *buffer // nil while nothing is pending
	r, w        int     // in.b[r:w] is pending
	record      int     // bytes of the current record still to hand over
	reading     deadline
	readErr     error
	readOnce    func(fd uintptr) bool // tryRead, bound once: a bound method allocates
	interrupted atomic.Bool           // set by others: reads end with errInterrupted

	mu        sync.Mutex // one write at a time; guards what follows
	held      *records   // what is kept back until flush; nil: nothing is
	rest      []byte     // what tryWrite has still to write
	writing   deadline
	writeErr  error
	writeOnce func(fd uintptr) bool
}

// errInterrupted ends a read that interrupt was meant for.
var errInterrupted error = interruption{}

// An interruption is Temporary, as otherwise crypto/tls would go on to report it
// for ever (see timeoutOr).
type interruption struct{}

func (interruption) Error() string   { return "interrupted" }
func (interruption) Timeout() bool   { return false }
func (interruption) Temporary() bool { return true }

func (s *socket) init(tcp *net.TCPConn, records bool, stall time.Duration) error {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	s.tcp, s.raw, s.records, s.stall = tcp, raw, records, stall
	s.readOnce, s.writeOnce = s.tryRead, s.tryWrite
	s.reading.set, s.writing.set = tcp.SetReadDeadline, tcp.SetWriteDeadline
	return nil
}

// wait returns once there is something to read, holding no buffer until then.
func (s *socket) wait() error {
	if s.pending() {
		return nil
	}
	return s.fill()
}

func (s *socket) pending() bool { return s.r < s.w }

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	if err := s.wait(); err != nil {
		return 0, err
	}
	n := s.w - s.r
	if s.records {
		if s.record == 0 {
			if err := s.header(); err != nil {
				return 0, err
			}
		}
		n = min(s.w-s.r, s.record)
	}
	n = copy(p, s.in.b[s.r:s.r+n])
	s.r += n
	if s.records {
		s.record -= n
	}
	if s.r == s.w {
		s.letGo()
	}
	return n, nil
}

// recordHeaderLen is the length of a TLS record's header: type, version and
// the length of what follows (RFC 8446, 5.1).
const recordHeaderLen = 5

// header finds out how long the record that begins at r is.
func (s *socket) header() error {
	for s.w-s.r < recordHeaderLen {
		if err := s.fill(); err != nil {
			return err
		}
	}
	h := s.in.b[s.r:]
	s.record = recordHeaderLen + int(h[3])<<8 + int(h[4])
	return nil
}

// fill reads from the connection once, waiting if need be.
func (s *socket) fill() error {
	if err := s.reading.arm(); err != nil {
		return err
	}
	for {
		// After arming, so that an interruption is either seen here or finds
		// its own deadline in force.
		if s.interrupted.Load() {
			return errInterrupted
		}
		err := s.raw.Read(s.readOnce)
		if err == nil {
			return s.readErr
		}
		if s.interrupted.Load() {
			return errInterrupted
		}
		if !s.reading.again(err) {
			return timeoutOr(err)
		}
	}
}

// interrupt ends the read under way, or the next one, with errInterrupted. It
// may be called from any goroutine.
func (s *socket) interrupt() {
	s.interrupted.Store(true)
	_ = s.tcp.SetReadDeadline(epoch) // fails only if already closed
}

// timeoutOr strips a timeout of its net.OpError: crypto/tls keeps every read
// error for ever unless it is Temporary, which the bare one is.
func timeoutOr(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// tryRead reads once without blocking and reports whether that settled the
// matter. A buffer taken for nothing goes back at once.
func (s *socket) tryRead(fd uintptr) bool {
	if s.in == nil {
		s.in, s.r, s.w = takeBuffer(), 0, 0
	} else if s.r > 0 {
		s.w = copy(s.in.b[:], s.in.b[s.r:s.w])
		s.r = 0
	}
	n, err := readFD(int(fd), s.in.b[s.w:])
	s.w += n
	if s.r == s.w {
		s.letGo()
	}
	if err == unix.EAGAIN {
		return false
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	s.readErr = err
	return true
}

// letGo gives an empty buffer back.
func (s *socket) letGo() {
	s.in.release()
	s.in, s.r, s.w = nil, 0, 0
}

// Write implements net.Conn. Under holdBack it only keeps a copy of p.
func (s *socket) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		s.held.b = append(s.held.b, p...)
		return len(p), nil
	}
	return s.writeAll(p)
}

// holdBack makes Write keep what it is given until flush.
func (s *socket) holdBack() {
	s.mu.Lock()
	s.held = heldRecords.Get().(*records)
	s.mu.Unlock()
}

// flush ends what holdBack began, and writes what was kept in one go.
func (s *socket) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.held
	s.held = nil
	_, err := s.writeAll(h.b)
	h.b = h.b[:0]
	heldRecords.Put(h)
	return err
}

// writeAll is called with mu locked.
func (s *socket) writeAll(p []byte) (int, error) {
	s.rest, s.writing.due = p, 0
	for {
		err := s.raw.Write(s.writeOnce)
		if err != nil && s.writing.again(err) {
			continue
		}
		if err == nil {
			err = s.writeErr
		}
		n := len(p) - len(s.rest)
		s.rest = nil
		return n, timeoutOr(err)
	}
}

// tryWrite writes what it can without blocking and reports whether that
// settled the matter. Only when it has to wait does it set a deadline: as a
// rule the kernel takes everything.
func (s *socket) tryWrite(fd uintptr) bool {
	for {
		n, err := writeFD(int(fd), s.rest)
		s.rest = s.rest[n:]
		switch {
		case err == unix.EAGAIN:
			s.writing.due = now().add(s.stall)
			s.writeErr = s.writing.arm()
			return s.writeErr != nil
		case err != nil || len(s.rest) == 0:
			s.writeErr = err
			return true
		}
	}
}

// The rest of net.Conn, which crypto/tls and the exchange ask for little of.

func (s *socket) Close() error         { return s.tcp.Close() }
func (s *socket) LocalAddr() net.Addr  { return s.tcp.LocalAddr() }
func (s *socket) RemoteAddr() net.Addr { return s.tcp.RemoteAddr() }

// SetDeadline implements net.Conn. Deadlines are kept by the socket itself;
// that crypto/tls wants one for its last alert is met by stall.
func (s *socket) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn; see SetDeadline.
func (s *socket) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn; see SetDeadline.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

func readFD(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		if err == unix.EINTR {
			continue
		}
		return max(n, 0), err
	}
}

func writeFD(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Write(fd, p)
		if err == unix.EINTR {
			continue
		}
		return max(n, 0), err
	}
}
