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

// A reset that follows a half-close is passed on, too: nothing else would end the
// connection before its idle timeout.
func TestResetAfterHalfClose(t *testing.T) {
	leak.Check(t)
	closeThenReset := func(c *net.TCPConn, heard <-chan error) {
		_ = c.CloseWrite()
		if err := <-heard; err != nil {
			t.Errorf("the peer of the half-close got %v", err)
		}
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	// wait reads to the end of the stream, then waits for the reset.
	wait := func(c *net.TCPConn, heard chan<- error) error {
		_ = c.SetDeadline(time.Now().Add(patience))
		_, err := io.Copy(io.Discard, c)
		heard <- err
		return resetOf(c)
	}
	t.Run("by the client", func(t *testing.T) {
		leak.Check(t)
		heard, result := make(chan error, 1), make(chan error, 1)
		s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) { result <- wait(c, heard) }))
		closeThenReset(s.dial(), heard)
		if err := <-result; !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the backend got %v", err)
		}
		eventually(t, "the line", func() bool { return s.lines.with(`"reason":"client reset","side":"client"`) == 1 })
	})
	t.Run("by the backend", func(t *testing.T) {
		leak.Check(t)
		heard := make(chan error, 1)
		s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) { closeThenReset(c, heard) }))
		if err := wait(s.dial(), heard); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the client got %v", err)
		}
		eventually(t, "the line", func() bool { return s.lines.with(`"reason":"backend reset","side":"upstream"`) == 1 })
	})
}

// resetOf waits for a reset of a connection whose peer has half-closed it, and
// returns the error of the socket. Reading does not tell: it returns the end of the
// stream at once.
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
