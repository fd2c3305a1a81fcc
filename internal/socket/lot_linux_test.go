package socket

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"elbow/internal/leak"
)

// A sleeper receives the error it was woken with.
type sleeper chan error

func (s sleeper) Awake(err error) { s <- err }

func newLot(t *testing.T) *Lot {
	t.Helper()
	l, err := NewLot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// park parks c for an hour.
func park(t *testing.T, c *Conn) sleeper {
	t.Helper()
	s := make(sleeper, 2) // room for a superfluous wakeup
	c.ReadBy(Now().Add(time.Hour))
	if !c.Park(s) {
		t.Fatal("not parked")
	}
	return s
}

// Whatever ends a read also ends parking, with the same error.
func TestParkEnds(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name string
		end  func(c *Conn, far *net.TCPConn)
		want error
	}{
		{"a byte", func(_ *Conn, far *net.TCPConn) { _, _ = far.Write([]byte("x")) }, nil},
		{"the end", func(_ *Conn, far *net.TCPConn) { _ = far.CloseWrite() }, nil},
		{"a reset", func(_ *Conn, far *net.TCPConn) { _ = far.SetLinger(0); _ = far.Close() }, nil},
		{"Interrupt", func(c *Conn, _ *net.TCPConn) { c.Interrupt() }, ErrInterrupted},
		{"Close", func(c *Conn, _ *net.TCPConn) { _ = c.Close() }, net.ErrClosed},
		{"Reset", func(c *Conn, _ *net.TCPConn) { _ = c.Reset() }, net.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lot := newLot(t)
			c, far := pairIn(t, lot)
			for range 2 { // the first one counts
				c, far := pairIn(t, lot)
				s := park(t, c)
				tt.end(c, far)
				if err := <-s; err != tt.want {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				_ = c.Close()
				if len(s) > 0 || lot.Len() > 0 {
					t.Errorf("woken again: %v; %d still parked", len(s) > 0, lot.Len())
				}
			}
			s := park(t, c) // with the descriptor numbers of the others in between
			_, _ = far.Write([]byte("x"))
			if err := <-s; err != nil {
				t.Error(err)
			}
			b := make([]byte, 2)
			if n, err := c.Read(b); n != 1 || err != nil {
				t.Errorf("after the wake: got %d, %v", n, err)
			}
		})
	}
}

// Connections that are due are woken, in whatever order they were parked.
func TestParkDue(t *testing.T) {
	leak.Check(t)
	lot := newLot(t)
	var late, soon sleeper = make(chan error, 1), make(chan error, 1)
	for _, p := range []struct {
		s   sleeper
		due time.Duration
	}{{late, 60 * time.Millisecond}, {make(sleeper, 1), time.Hour}, {soon, 20 * time.Millisecond}} {
		c, _ := pairIn(t, lot)
		c.ReadBy(Now().Add(p.due))
		if !c.Park(p.s) {
			t.Fatal("not parked")
		}
	}
	for _, s := range []sleeper{soon, late} {
		if err := <-s; err != os.ErrDeadlineExceeded {
			t.Errorf("got %v", err)
		}
	}
	if len(soon) > 0 || lot.Len() != 1 {
		t.Errorf("%d still parked, want the one that is not due", lot.Len())
	}
}

// A connection whose read would fail is not parked, so that the next read returns
// the error.
func TestParkRefused(t *testing.T) {
	leak.Check(t)
	lot := newLot(t)
	s := make(sleeper, 1)
	nowhere, _ := pair(t)
	nowhere.ReadBy(Now().Add(time.Hour))
	interrupted, _ := pairIn(t, lot)
	interrupted.ReadBy(Now().Add(time.Hour))
	interrupted.Interrupt()
	closed, _ := pairIn(t, lot)
	closed.ReadBy(Now().Add(time.Hour))
	_ = closed.Close()
	endless, _ := pairIn(t, lot)
	for name, c := range map[string]*Conn{
		"without a Lot": nowhere, "interrupted": interrupted, "closed": closed, "without a deadline": endless,
	} {
		if c.Park(s) {
			t.Errorf("%s: parked", name)
		}
	}
	if _, err := interrupted.Read(make([]byte, 1)); err != ErrInterrupted {
		t.Errorf("interrupted: got %v", err)
	}
	if _, err := closed.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
}

// However many are woken at a time, and by whichever way, each is woken once.
func TestParkMany(t *testing.T) {
	leak.Check(t)
	lot := newLot(t)
	const n = 300 // more than one epoll_wait returns
	var conns [n]*Conn
	var far [n]*net.TCPConn
	for i := range n {
		conns[i], far[i] = pairIn(t, lot)
	}
	for range 5 {
		var woken [n]sleeper
		for i, c := range conns {
			c.Resume()
			woken[i] = park(t, c)
		}
		if got := lot.Len(); got != n {
			t.Fatalf("%d parked, want %d", got, n)
		}
		interrupted := make(chan struct{})
		go func() { // ends by itself; waited for below
			defer close(interrupted)
			for _, c := range conns {
				c.Interrupt()
			}
		}()
		for _, f := range far {
			_, _ = f.Write([]byte("x"))
		}
		<-interrupted
		for i, s := range woken {
			if err := <-s; err != nil && err != ErrInterrupted {
				t.Error(err)
			}
			conns[i].Resume()
			conns[i].ReadBy(0)
			if _, err := conns[i].Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
			if len(s) > 0 {
				t.Error("woken twice")
			}
		}
	}
}
