package socket

import (
	"bytes"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"elbow/internal/leak"
)

// hears reads n bytes at the far end and answers them.
func hears(far net.Conn, n int64, answer string) <-chan error {
	done := make(chan error, 1)
	go func() { // ends with the connection at the latest
		_, err := io.CopyN(io.Discard, far, n)
		if err == nil {
			_, err = far.Write([]byte(answer))
		}
		done <- err
	}()
	return done
}

func TestAskIsAnswered(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	b := make([]byte, 10)
	for _, size := range []int64{1, 300, 16 << 20} { // the last one takes many writes
		heard := hears(far, size, "well")
		if err := c.Ask(bytes.Repeat([]byte("?"), int(size)), true); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if n, err := c.Read(b); string(b[:n]) != "well" || err != nil {
			t.Errorf("%d bytes: got %q, %v", size, b[:n], err)
		}
		if err := <-heard; err != nil {
			t.Error(err)
		}
	}
}

// What the peer sent or did before the request does not make Ask wait forever.
func TestAskAfterTheEnd(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	b := make([]byte, 10)
	_, _ = far.Write([]byte("too early"))
	_ = far.CloseWrite()
	c.ReadBy(Now().Add(50 * time.Millisecond))
	if err := c.Ask([]byte("?"), false); err != nil {
		t.Fatal(err)
	}
	c.ReadBy(0)
	if n, err := c.Read(b); string(b[:n]) != "too early" || err != nil {
		t.Errorf("got %q, %v", b[:n], err)
	}
	if _, err := c.Read(b); err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
}

func TestAskUnanswered(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name string
		by   Instant
	}{
		{"soon", Now().Add(30 * time.Millisecond)},
		{"passed before", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, far := pair(t)
			c.ReadBy(tt.by)
			if err := c.Ask([]byte("?"), false); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 10)
			if n, err := c.Read(b); err != os.ErrDeadlineExceeded {
				t.Errorf("got %q, %v", b[:n], err)
			}
			if n, err := far.Read(b); string(b[:n]) != "?" || err != nil {
				t.Errorf("the other side got %q, %v", b[:n], err)
			}
		})
	}
}

func TestAskWhenClosed(t *testing.T) {
	leak.Check(t)
	c, _ := pair(t)
	_ = c.Close()
	if err := c.Ask([]byte("?"), false); err == nil {
		t.Error("no error")
	}
	c, far := pair(t)
	heard := make(chan error, 1)
	go func() { // ends when the request has arrived
		_, err := far.Read(make([]byte, 1))
		_ = c.Close()
		heard <- err
	}()
	if err := c.Ask([]byte("?"), false); err != nil {
		t.Errorf("closed while waiting: %v", err)
	}
	if err := <-heard; err != nil {
		t.Error(err)
	}
}

// What the peer sent or did before the request is found by look, and then nothing
// is written.
func TestAskLooks(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name string
		do   func(far *net.TCPConn)
	}{
		{"the end", func(far *net.TCPConn) { _ = far.CloseWrite() }},
		{"a word", func(far *net.TCPConn) { _, _ = far.Write([]byte("too early")) }},
		{"a reset", func(far *net.TCPConn) { _ = far.SetLinger(0); _ = far.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, far := pair(t)
			tt.do(far)
			_ = c.WhenReadable(func(fd uintptr) bool { // it has arrived, and nothing is read
				_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
				return err != syscall.EAGAIN // a reset is reported once
			})
			if err := c.Ask([]byte("?"), true); err != ErrSpoken {
				t.Errorf("got %v", err)
			}
			_ = c.Close()
			if b, err := io.ReadAll(far); len(b) > 0 {
				t.Errorf("the other side got %q, %v", b, err)
			}
		})
	}
}
