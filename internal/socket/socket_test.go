package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"elbow/internal/leak"
)

// pair returns a Conn and the other end of its connection.
func pair(t *testing.T) (*Conn, *net.TCPConn) {
	t.Helper()
	return pairIn(t, nil)
}

// pairIn is pair with a Lot.
func pairIn(t *testing.T, lot *Lot) (*Conn, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := new(Conn)
	if err := c.Init(near.(*net.TCPConn), lot); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		_ = far.Close()
	})
	return c, far.(*net.TCPConn)
}

func TestReadWrite(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	if n, err := c.Write([]byte("there")); n != 5 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	b := make([]byte, 10)
	if n, err := far.Read(b); string(b[:n]) != "there" || err != nil {
		t.Fatalf("got %q, %v", b[:n], err)
	}
	_, _ = far.Write([]byte("back"))
	if n, err := c.Read(b); string(b[:n]) != "back" || err != nil {
		t.Fatalf("got %q, %v", b[:n], err)
	}
	_ = far.CloseWrite()
	if n, err := c.Read(b); n != 0 || err != io.EOF {
		t.Errorf("got %d, %v, want EOF", n, err)
	}
	_ = c.CloseWrite()
	if n, err := far.Read(b); n != 0 || err != io.EOF {
		t.Errorf("got %d, %v, want EOF", n, err)
	}
}

// A write that the peer reads in pieces arrives complete.
func TestLongWrite(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	const size = 16 << 20 // more than two socket buffers
	written := make(chan error, 1)
	go func() { // ends when far has read it all
		_, err := c.Write(make([]byte, size))
		written <- err
	}()
	if n, err := io.CopyN(io.Discard, far, size); n != size || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// A write ends if the peer reads nothing for the time of StallAfter, and not
// because of a deadline that an earlier one has left.
func TestStall(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	c.StallAfter(30 * time.Millisecond)
	if _, err := c.Write([]byte("short")); err != nil || c.Stalled() {
		t.Fatalf("short: %v, stalled: %v", err, c.Stalled())
	}
	for range 2 {
		n, err := c.Write(make([]byte, 64<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n == 64<<20 || !c.Stalled() {
			t.Fatalf("got %d, %v, stalled: %v", n, err, c.Stalled())
		}
	}
	go func() { // ends with the connection
		_, _ = io.Copy(io.Discard, far)
	}()
	c.StallAfter(time.Minute)
	if _, err := c.Write(make([]byte, 1<<20)); err != nil {
		t.Errorf("after a stall: %v", err)
	}
}

// Only the latest deadline counts, however often it is moved between two reads. A
// write does not end because the kernel reports no room: the peer reads all the
// time, but a third of the buffer is not free within the time of StallAfter.
func TestSlowIsNotStalled(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	if err := far.SetReadBuffer(256 << 10); err != nil {
		t.Fatal(err)
	}
	c.StallAfter(time.Second) // making room takes two
	const size = 16 << 20
	written := make(chan error, 1)
	go func() { // ends when far has read it all
		_, err := c.Write(make([]byte, size))
		if err != nil {
			_ = c.Close()
		}
		written <- err
	}()
	const pieces, piece = 25, 64 << 10
	for range pieces {
		_, _ = io.CopyN(io.Discard, far, piece)
		time.Sleep(120 * time.Millisecond) // the slow reader
	}
	_, _ = io.CopyN(io.Discard, far, size-pieces*piece)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	for left := 1; left > 0; {
		var err error
		if left, err = c.Unacked(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadBy(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	b := make([]byte, 1)
	c.ReadBy(Now().Add(20 * time.Millisecond))
	if _, err := c.Read(b); err != os.ErrDeadlineExceeded {
		t.Fatalf("got %v", err)
	}
	c.ReadBy(Now().Add(20 * time.Millisecond)) // armed
	_, _ = far.Write(b)
	if _, err := c.Read(b); err != nil {
		t.Fatal(err)
	}
	c.ReadBy(Now().Add(time.Hour)) // stays armed for 20ms
	time.AfterFunc(60*time.Millisecond, func() { _, _ = far.Write(b) })
	if _, err := c.Read(b); err != nil {
		t.Fatalf("an armed time that came early ended the read: %v", err)
	}
	c.ReadBy(0)
	time.AfterFunc(time.Millisecond, func() { _, _ = far.Write(b) })
	if _, err := c.Read(b); err != nil {
		t.Fatal(err)
	}
	c.ReadBy(Now().Add(-time.Second))
	if _, err := c.Read(b); err != os.ErrDeadlineExceeded {
		t.Errorf("past deadline: got %v", err)
	}
}

// An interruption ends the read in flight, and the next.
func TestInterrupt(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	c.ReadBy(Now().Add(time.Hour))
	waiting := make(chan struct{})
	ended := make(chan error, 1)
	go func() { // ends with the interruption
		ended <- c.WhenReadable(func(fd uintptr) bool {
			select {
			case <-waiting:
			default:
				close(waiting)
			}
			_, err := ReadFD(fd, make([]byte, 1))
			return err != syscall.EAGAIN
		})
	}()
	<-waiting
	c.Interrupt()
	if err := <-ended; err != ErrInterrupted {
		t.Errorf("got %v", err)
	}
	_, _ = far.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); err != ErrInterrupted {
		t.Errorf("the next read: got %v", err)
	}
	if !c.Resume() || c.Resume() {
		t.Error("Resume must report one interruption")
	}
	c.ReadBy(Now().Add(time.Hour))
	if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("after Resume: got %d, %v", n, err)
	}
}

func TestReset(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	_ = c.Reset()
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestAllocations(t *testing.T) {
	leak.Check(t)
	c, far := pair(t)
	b := []byte("x")
	got := testing.AllocsPerRun(1000, func() {
		c.ReadBy(Now().Add(time.Second))
		_, _ = far.Write(b)
		if _, err := c.Read(b); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
		_, _ = far.Read(b)
	})
	if got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

// A connection that is turned away is reset, and leaves no state behind.
func TestTurnAway(t *testing.T) {
	leak.Check(t)
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	turnAway := func() (ok bool) {
		if err := raw.Control(func(fd uintptr) { ok = TurnAway(fd) }); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if turnAway() {
		t.Error("turned away nobody")
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !turnAway() || turnAway() {
		t.Error("turned away not one")
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client got %v", err)
	}
}
