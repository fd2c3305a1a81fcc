package stream

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"elbow/internal/leak"
)

// A reset that follows a half-close of the client is passed on, too: nothing else
// would end the connection before its idle timeout.
func TestResetAfterHalfClose(t *testing.T) {
	leak.Check(t)
	heard, result := make(chan error, 1), make(chan error, 1)
	s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) {
		_ = c.SetDeadline(time.Now().Add(patience))
		_, err := io.Copy(io.Discard, c)
		heard <- err
		result <- resetOf(c)
	}))
	c := s.dial()
	_ = c.CloseWrite()
	if err := <-heard; err != nil {
		t.Errorf("the backend got %v instead of the half-close", err)
	}
	_ = c.SetLinger(0)
	_ = c.Close()
	if err := <-result; !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the backend got %v", err)
	}
	eventually(t, "the line", func() bool { return s.lines.with(`"reason":"client reset","side":"client"`) == 1 })
}

// A backend that has closed resets what a client sends afterwards, such as the
// close_notify of TLS. That is no fault: the client has all bytes of the backend, and
// is not reset.
func TestLateBytesForClosedBackend(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) { _, _ = io.WriteString(c, "all") }))
	c := s.dial()
	if got, err := io.ReadAll(c); err != nil || string(got) != "all" {
		t.Fatalf("got %q, %v", got, err)
	}
	_, _ = io.WriteString(c, "bye")
	eventually(t, "the bytes", func() bool { return s.counts.in.Load() == 3 })
	eventually(t, "nothing more", stands(&s.counts.failed)) // the reset has arrived
	_ = c.CloseWrite()
	eventually(t, "the line", func() bool { return s.lines.with(`"reason":"closed"`) == 1 })
}

// resetOf waits for a reset of a connection whose peer has half-closed it, and returns
// the error of the socket. A read cannot detect it: it returns the end of the stream
// at once.
func resetOf(c *net.TCPConn) (err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	ctl := raw.Read(func(fd uintptr) bool {
		code, e := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
		if e == nil && code != 0 {
			e = syscall.Errno(code)
		}
		err = e
		return err != nil
	})
	return errors.Join(err, ctl)
}

// fill writes until nothing more is taken: the backend does not read.
func fill(s *site, c *net.TCPConn) {
	chunk := make([]byte, 1<<20)
	for full := stands(&s.counts.in); !full(); {
		_ = c.SetWriteDeadline(time.Now().Add(time.Millisecond))
		_, _ = c.Write(chunk)
	}
}

// A reset of a client is passed on while its bytes wait for a backend that does not
// read.
func TestResetWhileBytesWait(t *testing.T) {
	leak.Check(t)
	result := make(chan error, 1)
	s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) {
		_ = c.SetDeadline(time.Now().Add(patience))
		result <- resetOf(c)
	}))
	c := s.dial()
	fill(s, c)
	_ = c.SetLinger(0)
	_ = c.Close()
	if err := <-result; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the backend got %v", err)
	}
	eventually(t, "the line", func() bool { return s.lines.with(`"reason":"client reset","side":"client"`) == 1 })
}

// A connection that ends by its idle timeout is reset if bytes were waiting: the
// backend must not take a truncated stream for a complete one.
func TestIdleWhileBytesWait(t *testing.T) {
	leak.Check(t)
	result, ended := make(chan error, 1), make(chan struct{})
	s := newSite(t, Options{}, func(c *Config) { c.Idle = 2 * time.Second }, serve(t, func(c *net.TCPConn) {
		<-ended
		_, err := io.Copy(io.Discard, c)
		result <- err
	}))
	fill(s, s.dial())
	eventually(t, "the line", func() bool { return s.lines.with(`"reason":"idle timeout"`) == 1 })
	close(ended)
	if err := <-result; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the backend got %v", err)
	}
}
