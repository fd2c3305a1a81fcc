package upstream

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// backend is a listener that hands accepted connections to the test.
type backend struct {
	net.Listener
	accepted chan *net.TCPConn
	done     chan struct{}
}

func newBackend(t testing.TB) *backend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{Listener: l, accepted: make(chan *net.TCPConn, 256), done: make(chan struct{})}
	go b.accept() // ends when the listener is closed; the cleanup waits for it
	t.Cleanup(func() {
		l.Close()
		<-b.done
		close(b.accepted)
		for c := range b.accepted {
			c.Close()
		}
	})
	return b
}

func (b *backend) accept() {
	defer close(b.done)
	for {
		c, err := b.Accept()
		if err != nil {
			return
		}
		b.accepted <- c.(*net.TCPConn)
	}
}

func (b *backend) pool(t testing.TB, o Options) *Pool {
	p := NewPool(b.Addr().String(), o)
	t.Cleanup(p.Close)
	return p
}

// get takes a connection from p, and fails the test if there is none.
func get(t testing.TB, p *Pool) *Conn {
	t.Helper()
	c, err := p.Get(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settled waits until the socket of c is readable or has ended: what the other
// side did to an idle connection has arrived.
func settled(t testing.TB, c *Conn) {
	t.Helper()
	peek := func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return err != syscall.EAGAIN
	}
	// The runtime calls peek until it returns true, when the socket is readable.
	if err := c.WhenReadable(peek); err != nil {
		t.Fatal(err)
	}
}

func isOpen(c *Conn) bool {
	return c.Control(func(uintptr) {}) == nil
}

func TestPutConnectionIsReused(t *testing.T) {
	leak.Check(t)
	p := newBackend(t).pool(t, Options{})
	a := get(t, p)
	if a.Reused {
		t.Error("a connection just dialed says it is reused")
	}
	p.Put(a)
	if n := p.Idle(); n != 1 {
		t.Errorf("got %d idle connections, want 1", n)
	}
	b := get(t, p)
	defer b.Close()
	if b != a || !b.Reused {
		t.Errorf("got another connection, or Reused %v", b.Reused)
	}
	if got, want := p.Counts(), (Counts{Dials: 1, Reuses: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNewestIsReusedFirst(t *testing.T) {
	leak.Check(t)
	p := newBackend(t).pool(t, Options{})
	a, b := get(t, p), get(t, p)
	p.Put(a)
	p.Put(b)
	first, second := get(t, p), get(t, p)
	defer first.Close()
	defer second.Close()
	if first != b || second != a {
		t.Error("the connection put first was reused first")
	}
}

// Whatever the backend does to an idle connection, the connection is discarded.
func TestSpoiltConnectionIsNotReused(t *testing.T) {
	leak.Check(t)
	for name, spoil := range map[string]func(*net.TCPConn) error{
		"FIN":  func(c *net.TCPConn) error { return c.CloseWrite() },
		"RST":  func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) },
		"byte": func(c *net.TCPConn) error { _, err := c.Write([]byte("\n")); return err },
		"answer nobody asked for": func(c *net.TCPConn) error {
			_, err := c.Write([]byte("HTTP/1.1 408 Request Timeout\r\n\r\n"))
			return errors.Join(err, c.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t)
			p := b.pool(t, Options{})
			old := get(t, p)
			far := <-b.accepted
			defer far.Close()
			p.Put(old)
			if err := spoil(far); err != nil {
				t.Fatal(err)
			}
			settled(t, old)

			c := get(t, p)
			defer c.Close()
			if c == old || c.Reused {
				t.Error("reused")
			}
			if isOpen(old) {
				t.Error("not closed")
			}
			if got, want := p.Counts(), (Counts{Dials: 2, Stale: 1}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// A deadline that passed in the last exchange does not make a connection
// unusable.
func TestPastDeadlineDoesNotSpoil(t *testing.T) {
	leak.Check(t)
	p := newBackend(t).pool(t, Options{})
	a := get(t, p)
	a.ReadBy(1) // a nanosecond after the process started
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	p.Put(a)
	b := get(t, p)
	defer b.Close()
	if a != b {
		t.Error("discarded")
	}
}

func TestGetFreshDialsBesideIdle(t *testing.T) {
	leak.Check(t)
	p := newBackend(t).pool(t, Options{})
	a := get(t, p)
	p.Put(a)
	b, err := p.GetFresh(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if a == b || b.Reused {
		t.Error("got the idle connection")
	}
	if n := p.Idle(); n != 1 {
		t.Errorf("got %d idle connections, want 1", n)
	}
}

func TestFullPoolClosesWhatIsPut(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct{ max, kept int }{{1, 1}, {-1, 0}} {
		p := newBackend(t).pool(t, Options{MaxIdle: tt.max})
		a, b := get(t, p), get(t, p)
		p.Put(a)
		p.Put(b)
		if n := p.Idle(); n != tt.kept {
			t.Errorf("MaxIdle %d: got %d idle connections, want %d", tt.max, n, tt.kept)
		}
		if isOpen(b) {
			t.Errorf("MaxIdle %d: the connection over the limit is open", tt.max)
		}
	}
}

func TestCloseWhileConnectionIsOut(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	out, idle := get(t, p), get(t, p)
	far := <-b.accepted
	defer far.Close()
	p.Put(idle)
	p.Close()
	if isOpen(idle) {
		t.Error("the idle connection is open")
	}

	if _, err := out.Write([]byte("x")); err != nil {
		t.Errorf("the connection that is out broke: %v", err)
	}
	if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
		t.Error(err)
	}
	p.Put(out)
	if isOpen(out) || p.Idle() != 0 {
		t.Error("a closed pool kept a connection")
	}
	p.Close()
}

func TestCloseWriteLetsAnswerThrough(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	c := get(t, p)
	defer c.Close()
	far := <-b.accepted
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(far); err != nil {
		t.Fatal(err)
	}
	_, _ = far.Write([]byte("bye")) // a failure shows in the read
	far.Close()
	if got, err := io.ReadAll(c); string(got) != "bye" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestDialFailures(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})

	_, err := p.Get(time.Unix(1, 0))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("deadline in the past: got %v", err)
	}

	b.Close()
	_, err = p.Get(time.Time{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: got %v", err)
	}
	if got, want := p.Counts(), (Counts{Failures: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A backend whose accept queue is full does not answer connection requests.
func TestDialTimeout(t *testing.T) {
	leak.Check(t)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	local := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(syscall.Bind(fd, local), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	p := NewPool(address, Options{DialTimeout: 20 * time.Millisecond})
	for range 8 {
		c, err := p.Get(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatalf("got %v, want a timeout", err)
		}
		defer c.Close() // stays in the accept queue
	}
	t.Error("no dial timed out")
}

// The sweeper is called by hand here; TestSweeperStops tests its timer.
func TestIdleConnectionsAgeOut(t *testing.T) {
	leak.Check(t)
	p := newBackend(t).pool(t, Options{MaxIdleAge: time.Hour})
	old, young := get(t, p), get(t, p)
	p.Put(old)
	p.sweep()
	p.Put(young)
	for range sweepsToLive - 2 {
		p.sweep()
	}
	if n := p.Idle(); n != 2 || !isOpen(old) {
		t.Fatalf("got %d idle connections after %d sweeps, want 2", n, p.sweeps)
	}
	p.sweep()
	if isOpen(old) || !isOpen(young) || p.Idle() != 1 {
		t.Errorf("after %d sweeps: oldest open %v, youngest open %v", p.sweeps, isOpen(old), isOpen(young))
	}
	p.sweep()
	if isOpen(young) || p.Idle() != 0 || p.sweeping {
		t.Errorf("after %d sweeps: youngest open %v, sweeping %v", p.sweeps, isOpen(young), p.sweeping)
	}
}

// The timer runs exactly while a connection is idle.
func TestSweeperStops(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	c := get(t, b.pool(t, Options{}))
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(b.Addr().String(), Options{MaxIdleAge: time.Minute})
		start := time.Now()
		for range 2 {
			c.sweep = 0
			if !p.push(c) {
				t.Fatal("not taken")
			}
			time.Sleep(44 * time.Second)
			synctest.Wait()
			if p.Idle() != 1 {
				t.Fatalf("gone after %v, want one minute", time.Since(start))
			}
			time.Sleep(16 * time.Second)
			synctest.Wait()
			if p.Idle() != 0 || p.sweeping {
				t.Fatalf("after %v: %d idle, sweeping %v", time.Since(start), p.Idle(), p.sweeping)
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{MaxIdle: 8})
	var far sync.WaitGroup
	far.Go(func() {
		for {
			select {
			case c := <-b.accepted:
				far.Go(func() { defer c.Close(); _, _ = io.Copy(c, c) })
			case <-b.done:
				return
			}
		}
	})
	var near sync.WaitGroup
	for worker := range 16 {
		near.Go(func() {
			for i := range 100 {
				c, err := p.Get(time.Time{})
				if err != nil {
					t.Error(err)
					return
				}
				want := [2]byte{byte(worker), byte(i)}
				var got [2]byte
				_, werr := c.Write(want[:])
				_, rerr := io.ReadFull(c, got[:])
				if err := errors.Join(werr, rerr); err != nil || got != want {
					t.Errorf("got %v, want %v: %v", got, want, err)
				}
				if i%10 == worker%10 {
					c.Close()
					continue
				}
				p.Put(c)
				if i%25 == 0 {
					p.sweep()
				}
			}
		})
	}
	near.Wait()
	if n := p.Idle(); n > 8 {
		t.Errorf("got %d idle connections, want at most 8", n)
	}
	if c := p.Counts(); c.Dials+c.Reuses != 1600 {
		t.Errorf("got %d dials and %d reuses, want 1600 together", c.Dials, c.Reuses)
	}
	p.Close()
	b.Close()
	far.Wait()
}

func TestReuseDoesNotAllocate(t *testing.T) {
	leak.Check(t)
	p := newBackend(t).pool(t, Options{})
	p.Put(get(t, p))
	n := testing.AllocsPerRun(100, func() {
		c, err := p.Get(time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		p.Put(c)
	})
	if n != 0 {
		t.Errorf("got %v allocations for each Get and Put, want 0", n)
	}
}

func BenchmarkReuse(b *testing.B) {
	p := newBackend(b).pool(b, Options{})
	p.Put(get(b, p))
	b.ReportAllocs()
	for b.Loop() {
		c, err := p.Get(time.Time{})
		if err != nil {
			b.Fatal(err)
		}
		p.Put(c)
	}
}

// BenchmarkLook measures the share of BenchmarkReuse that the check of the socket
// takes.
func BenchmarkLook(b *testing.B) {
	c := get(b, newBackend(b).pool(b, Options{}))
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		if !c.clean() {
			b.Fatal("not clean")
		}
	}
}

func BenchmarkDial(b *testing.B) {
	l := newBackend(b)
	p := l.pool(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		get(b, p).Close()
		(<-l.accepted).Close()
	}
}

// A backend that was heard just now is not checked for a request that may be sent
// again, but for any other, by the pool or by the owner.
func TestGetRetryableTrustsForAMoment(t *testing.T) {
	leak.Check(t)
	const heard = socket.Instant(time.Hour)
	for _, tt := range []struct {
		name  string
		heard socket.Instant
		now   socket.Instant // 0: Get
		looks uint32
		stale bool // the connection that has ended is returned unchecked
	}{
		{"at once", heard, heard + 1, trustAfter, true},
		{"a millisecond later", heard, heard.Add(trustFor), trustAfter, false},
		{"not known when heard", 0, heard, trustAfter, false},
		{"not retryable", heard, 0, trustAfter, false},
		{"not trusted yet", heard, heard + 1, trustAfter - 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBackend(t)
			p := b.pool(t, Options{})
			old := get(t, p)
			_ = (<-b.accepted).Close()
			settled(t, old)
			old.Heard = tt.heard
			p.looks.Store(tt.looks)
			p.Put(old)
			take := p.Get
			if tt.now != 0 {
				take = func(by time.Time) (*Conn, error) { return p.GetRetryable(by, tt.now) }
			}
			c, err := take(time.Time{})
			for err == nil && c.Unseen { // as Ask does
				if c.clean() {
					t.Fatal("it is clean")
				}
				c.FoundEnded()
				c, err = take(time.Time{})
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if (c == old) != tt.stale || old.Trusted != tt.stale {
				t.Errorf("got the one that has ended: %v, trusted %v, want %v", c == old, old.Trusted, tt.stale)
			}
			if !tt.stale && p.looks.Load() != 0 {
				t.Error("it is trusted although a connection was closed")
			}
			if n := p.Counts(); (n.Stale == 1) == tt.stale || (n.Reuses == 1) != tt.stale {
				t.Errorf("counted %+v", n)
			}
		})
	}
}

// Trust requires clean connections for trustAfter checks, and is lost at once.
func TestTrustIsEarned(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	const now = socket.Instant(time.Hour)
	use := func() (trusted bool) {
		c, err := p.GetRetryable(time.Time{}, now)
		if err != nil {
			t.Fatal(err)
		}
		if c.Unseen {
			c.FoundClean()
		}
		c.Heard = now
		p.Put(c)
		return c.Trusted
	}
	use()
	defer func() { _ = (<-b.accepted).Close() }()
	for n := range trustAfter {
		if use() {
			t.Fatalf("trusted after %d looks", n)
		}
	}
	for range 2 {
		if !use() {
			t.Error("never trusted")
		}
	}
	p.Distrust()
	if use() {
		t.Error("still trusted")
	}
}
