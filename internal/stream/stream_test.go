package stream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// patience bounds a wait for an expected event.
const patience = 30 * time.Second

// A site is a listener with backends.
type site struct {
	*Listener
	t       testing.TB
	streams *Streams
	config  Config
	counts  *counts
	lines   *lines
}

// counts are the counters of a listener.
type counts struct {
	accepted, refused, open, in, out, retried, ended, failed atomic.Int64
}

func (c *counts) Accepted()           { c.accepted.Add(1) }
func (c *counts) Refused()            { c.refused.Add(1) }
func (c *counts) Opened(delta int64)  { c.open.Add(delta) }
func (c *counts) Moved(in, out int64) { c.in.Add(in); c.out.Add(out) }
func (c *counts) Retried()            { c.retried.Add(1) }
func (c *counts) Ended(_, _ time.Duration, side string) {
	c.ended.Add(1)
	if side != "" {
		c.failed.Add(1)
	}
}

// lines are the lines of the access log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(line))
}

func (l *lines) with(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.all {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// newSite starts a listener in front of backends at the given addresses.
func newSite(t testing.TB, o Options, change func(*Config), addresses ...string) *site {
	t.Helper()
	s := &site{t: t, counts: new(counts), lines: new(lines)}
	o.Log, o.Line = slog.New(slog.DiscardHandler), s.lines.add
	var err error
	if s.streams, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.streams.Close)
	s.config = Config{LoadBalancer: "lb-1", Port: 1}
	pool(t, &s.config, addresses...)
	if change != nil {
		change(&s.config)
	}
	if s.Listener, err = s.streams.Listen(netip.MustParseAddrPort("127.0.0.1:0"), &s.config, s.counts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Drain(over) // connections that are cut are expected here
	})
	return s
}

// pool makes servers at the addresses the backends of cfg.
func pool(t testing.TB, cfg *Config, addresses ...string) {
	t.Helper()
	group := &balance.Group{}
	cfg.Backends = nil
	for i, a := range addresses {
		b := &Backend{ID: fmt.Sprintf("b%d", i), Address: netip.MustParseAddrPort(a), Member: &balance.Member{ID: a}}
		b.Member.SetHealth(balance.Healthy)
		cfg.Backends = append(cfg.Backends, b)
		group.Members, group.Weights = append(group.Members, b.Member), append(group.Weights, 100)
	}
	var err error
	if cfg.Scheduler, err = balance.New("rr", group, nil); err != nil {
		t.Fatal(err)
	}
}

func (s *site) dial() *net.TCPConn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

// wantReset makes a connection that must be reset, at once or on the first read.
func (s *site) wantReset() {
	s.t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	var got []byte
	if err == nil {
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		got, err = io.ReadAll(c)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		s.t.Errorf("got %q, %v, want a reset", got, err)
	}
}

// serve starts a server that handles each connection with do.
func serve(t testing.TB, do func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			running.Go(func() {
				defer c.Close()
				do(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

func echo(c *net.TCPConn) { _, _ = io.Copy(c, c) }

// name answers each connection with a name and closes it.
func name(text string) func(*net.TCPConn) {
	return func(c *net.TCPConn) { _, _ = io.WriteString(c, text); _, _ = io.Copy(io.Discard, c) }
}

// refused returns an address on which nothing listens.
func refused(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func read(t testing.TB, c net.Conn, n int) string {
	t.Helper()
	b := make([]byte, n)
	if m, err := io.ReadFull(c, b); err != nil {
		t.Fatalf("got %q, %v", b[:m], err)
	}
	return string(b)
}

func TestBytesPassBothWays(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, echo))
	c := s.dial()
	for i := range 100 {
		text := fmt.Sprintf("message %d", i)
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		if got := read(t, c, len(text)); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	}
	_ = c.CloseWrite()
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("at the end: %q, %v", rest, err)
	}
	eventually(t, "a line of the access log", func() bool { return s.lines.with(`"reason":"closed"`) == 1 })
	if s.counts.in.Load() != s.counts.out.Load() || s.counts.in.Load() == 0 || s.counts.failed.Load() != 0 || s.counts.open.Load() != 0 {
		t.Errorf("counted %d in, %d out, %d failed, %d open", s.counts.in.Load(), s.counts.out.Load(), s.counts.failed.Load(), s.counts.open.Load())
	}
}

// A stream far longer than all buffers arrives complete and in order, however
// irregularly both ends read and write.
func TestLongStreams(t *testing.T) {
	leak.Check(t)
	const size = 24 << 20
	data := make([]byte, size)
	fill := rand.NewChaCha8([32]byte{1})
	_, _ = fill.Read(data)
	for _, tt := range []struct {
		what        string
		write, read int // bytes per call
		slow        bool
		waiting     int64 // Options.Waiting
	}{
		{"large writes, large reads", 1 << 20, 1 << 20, false, 0},
		{"small writes, large reads", 3000, 1 << 20, false, 0},
		{"large writes, small reads", 1 << 20, 1500, false, 0},
		{"a reader that begins late", 1 << 20, 64 << 10, true, 0},
		{"no room to wait in", 1 << 20, 1500, true, 1},
	} {
		t.Run(tt.what, func(t *testing.T) {
			leak.Check(t)
			started := make(chan struct{})
			sum := make(chan [32]byte, 1)
			at := serve(t, func(c *net.TCPConn) { // both directions concurrently
				var both sync.WaitGroup
				both.Go(func() {
					for rest := data; len(rest) > 0; {
						n := min(tt.write, len(rest))
						if _, err := c.Write(rest[:n]); err != nil {
							return
						}
						rest = rest[n:]
					}
					_ = c.CloseWrite()
				})
				if tt.slow {
					<-started
				}
				h := sha256.New()
				_, _ = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{c}, make([]byte, tt.read))
				both.Wait()
				sum <- [32]byte(h.Sum(nil))
			})
			s := newSite(t, Options{Waiting: tt.waiting}, nil, at)
			c := s.dial()
			var both sync.WaitGroup
			both.Go(func() {
				for rest := data; len(rest) > 0; {
					n, err := c.Write(rest[:min(tt.write, len(rest))])
					if err != nil {
						return
					}
					rest = rest[n:]
				}
				_ = c.CloseWrite()
			})
			if tt.slow {
				eventually(t, "the balancer has stopped reading", stands(&s.counts.in))
				close(started)
			}
			h := sha256.New()
			_, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{c}, make([]byte, tt.read))
			both.Wait()
			want := sha256.Sum256(data)
			if got := [32]byte(h.Sum(nil)); err != nil || got != want {
				t.Errorf("down: %v, the same: %t", err, got == want)
			}
			if got := <-sum; got != want {
				t.Error("up: another stream")
			}
			eventually(t, "all is counted", func() bool { return s.counts.in.Load() == size && s.counts.out.Load() == size })
		})
	}
}

// stands reports whether a count has stopped growing below the total: the
// buffering between the two ends is bounded.
func stands(n *atomic.Int64) func() bool {
	last, same := int64(-1), 0
	return func() bool {
		now := n.Load()
		if now == last {
			same++
		} else {
			last, same = now, 0
		}
		return same > 200
	}
}

// Either side may half-close first; the other one continues.
func TestHalfClose(t *testing.T) {
	leak.Check(t)
	t.Run("client", func(t *testing.T) {
		leak.Check(t)
		s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) {
			asked, _ := io.ReadAll(c)
			_, _ = c.Write(bytes.ToUpper(asked))
		}))
		c := s.dial()
		_, _ = io.WriteString(c, "question")
		_ = c.CloseWrite()
		if got, err := io.ReadAll(c); err != nil || string(got) != "QUESTION" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("server", func(t *testing.T) {
		leak.Check(t)
		heard := make(chan string, 1)
		s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) {
			_, _ = io.WriteString(c, "all I have to say")
			_ = c.CloseWrite()
			asked, _ := io.ReadAll(c)
			heard <- string(asked)
		}))
		c := s.dial()
		if got, err := io.ReadAll(c); err != nil || string(got) != "all I have to say" {
			t.Errorf("got %q, %v", got, err)
		}
		_, _ = io.WriteString(c, "I see")
		_ = c.CloseWrite()
		if got := <-heard; got != "I see" {
			t.Errorf("the backend heard %q", got)
		}
	})
}

// A reset on one side is passed on to the other: that peer must not take a
// truncated stream for a complete one.
func TestResetIsPassedOn(t *testing.T) {
	leak.Check(t)
	t.Run("by the client", func(t *testing.T) {
		leak.Check(t)
		result := make(chan error, 1)
		s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) {
			_, _ = io.WriteString(c, "x")
			_, err := io.ReadAll(c)
			result <- err
		}))
		c := s.dial()
		read(t, c, 1)
		_ = c.SetLinger(0)
		_ = c.Close()
		if err := <-result; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the backend got %v", err)
		}
		eventually(t, "the line", func() bool { return s.lines.with(`"reason":"client reset","side":"client"`) == 1 })
	})
	t.Run("by the backend", func(t *testing.T) {
		leak.Check(t)
		s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) {
			_, _ = io.ReadFull(c, make([]byte, 1))
			_ = c.SetLinger(0)
		}))
		c := s.dial()
		_, _ = io.WriteString(c, "x")
		if got, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client got %q, %v", got, err)
		}
		eventually(t, "the line", func() bool { return s.lines.with(`"reason":"backend reset","side":"upstream"`) == 1 })
	})
}

// A backend that refuses is replaced, also where the server speaks first, and
// what the client sent meanwhile is not lost.
func TestRefusedBackendIsReplaced(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, refused(t), refused(t), serve(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "220 ready\n")
		echo(c)
	}))
	for range 6 {
		c := s.dial()
		_, _ = io.WriteString(c, "EHLO\n")
		if got := read(t, c, len("220 ready\nEHLO\n")); got != "220 ready\nEHLO\n" {
			t.Errorf("got %q", got)
		}
		_ = c.Close()
	}
	eventually(t, "lines with retries", func() bool { return s.lines.with(`"retries":`) >= 2 })
	if s.counts.retried.Load() == 0 {
		t.Error("no retry was counted")
	}
}

// If no backend accepts it, a connection is reset at once.
func TestNoBackend(t *testing.T) {
	leak.Check(t)
	for what, tt := range map[string]struct {
		addresses []string
		change    func(*site)
		reason    string
	}{
		"none":         {nil, func(*site) {}, "no usable backend"},
		"all refuse":   {[]string{refused(t), refused(t)}, func(*site) {}, "no backend accepted"},
		"all are down": {[]string{refused(t)}, func(s *site) { s.config.Backends[0].Member.SetHealth(balance.Unhealthy) }, "no usable backend"},
		"all are full": {[]string{serve(t, echo)}, func(s *site) { s.config.Backends[0].Member.Active.Store(3) }, "backends full"},
	} {
		t.Run(what, func(t *testing.T) {
			leak.Check(t)
			s := newSite(t, Options{MaxBackendConns: 3}, nil, tt.addresses...)
			tt.change(s)
			s.wantReset()
			eventually(t, "the line", func() bool { return s.lines.with(`"reason":"`+tt.reason) == 1 })
		})
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{MaxListenerConns: 2}, nil, serve(t, name("x")))
	first, second := s.dial(), s.dial()
	read(t, first, 1)
	read(t, second, 1)
	s.wantReset()
	_ = first.Close()
	eventually(t, "there is room again", func() bool { return s.here.Load() == 1 })
	read(t, s.dial(), 1)
	if s.counts.refused.Load() != 1 {
		t.Errorf("%d refused", s.counts.refused.Load())
	}
}

// An idle connection is closed after the timeout of the current config.
func TestIdleConnectionsEnd(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, func(c *Config) { c.Idle = time.Second }, serve(t, echo))
	c := s.dial()
	if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
	eventually(t, "the line", func() bool { return s.lines.with(`"reason":"idle timeout"`) == 1 })
}

// A config change keeps connections, and applies to new ones.
func TestSwapKeepsConnections(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, func(c *net.TCPConn) { _, _ = io.WriteString(c, "a"); echo(c) }))
	c := s.dial()
	read(t, c, 1)
	old := s.config.Backends[0]
	next := s.config
	pool(t, &next, serve(t, name("b")))
	s.Swap(&next)
	if got := read(t, s.dial(), 1); got != "b" {
		t.Errorf("a new connection got %q", got)
	}
	_, _ = io.WriteString(c, "still here")
	if got := read(t, c, 10); got != "still here" {
		t.Errorf("the old connection got %q", got)
	}
	if n := old.Member.Active.Load(); n != 1 {
		t.Errorf("%d connections at the old backend", n)
	}
}

// A retired backend keeps its connections until the drain timeout.
func TestRetiredBackend(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{DrainTimeout: 50 * time.Millisecond}, nil, serve(t, name("a")))
	c := s.dial()
	read(t, c, 1)
	s.streams.Retire(s.config.Backends[0])
	if got, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %q, %v", got, err)
	}
	eventually(t, "the line", func() bool { return s.lines.with(`"reason":"backend removed"`) == 1 })
}

func TestDrain(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, echo))
	c, d := s.dial(), s.dial()
	for _, one := range []net.Conn{c, d} {
		_, _ = io.WriteString(one, "x")
		read(t, one, 1)
	}
	s.Close()
	if _, err := net.Dial("tcp", s.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: %v", err)
	}
	drained := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { drained <- s.Drain(ctx) }()
	_, _ = io.WriteString(c, "y")
	if got := read(t, c, 1); got != "y" {
		t.Errorf("while it drains: %q", got)
	}
	_ = c.Close()
	eventually(t, "one has ended", func() bool { return s.here.Load() == 1 })
	cancel()
	if err := <-drained; !errors.Is(err, context.Canceled) {
		t.Errorf("Drain: %v", err)
	}
	if _, err := io.ReadAll(d); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("what was left: %v", err)
	}
	if s.lines.with(`"reason":"drain timeout"`) != 1 {
		t.Error("no line of the one that was cut")
	}
}

// A client address stays with its backend until that is down.
func TestPersistence(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, func(c *Config) { c.Persistence = time.Hour }, serve(t, name("a")), serve(t, name("b")), serve(t, name("c")))
	first := read(t, s.dial(), 1)
	for range 5 {
		if got := read(t, s.dial(), 1); got != first {
			t.Fatalf("got %s after %s", got, first)
		}
	}
	s.config.Backends[strings.Index("abc", first)].Member.SetHealth(balance.Unhealthy)
	second := read(t, s.dial(), 1)
	if second == first {
		t.Error("it went to a backend that is down")
	}
	for range 3 {
		if got := read(t, s.dial(), 1); got != second {
			t.Errorf("got %s after %s", got, second)
		}
	}
}

// The memory of client addresses is bounded.
func TestMemoryIsBounded(t *testing.T) {
	leak.Check(t)
	var m memory
	b := &Backend{Member: &balance.Member{}}
	for i := range maxRemembered + 1000 {
		m.remember(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), b, 1, time.Hour)
	}
	if len(m.seen) > maxRemembered {
		t.Errorf("%d addresses", len(m.seen))
	}
}

func TestProxyHeader(t *testing.T) {
	leak.Check(t)
	got := make(chan []byte, 1)
	s := newSite(t, Options{}, func(c *Config) { c.ProxyHeader = true }, serve(t, func(c *net.TCPConn) {
		all, _ := io.ReadAll(c)
		got <- all
	}))
	c := s.dial()
	_, _ = io.WriteString(c, "hello")
	_ = c.CloseWrite()
	all := <-got
	client, local := c.LocalAddr().(*net.TCPAddr).AddrPort(), s.Addr()
	want := slices.Concat([]byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01"),
		[]byte{byte(client.Port() >> 8), byte(client.Port()), byte(local.Port() >> 8), byte(local.Port())}, []byte("hello"))
	if !bytes.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
}

// Connections that arrive during a takeover are accepted by one of the two
// processes, and open ones continue.
func TestHandover(t *testing.T) {
	leak.Check(t)
	at := serve(t, echo)
	s := newSite(t, Options{}, nil, at)
	c := s.dial()
	given := s.streams.Sockets()
	if len(given) != 1 || given[0].Address != s.Addr() {
		t.Fatalf("gave %v", given)
	}
	begun := make(chan struct{})
	newer, err := New(Options{Log: slog.New(slog.DiscardHandler), Begun: begun, Inherit: func(network string, address netip.AddrPort) (*os.File, bool) {
		f, err := given[0].Open()
		return f, err == nil && network == "tcp" && address == s.Addr()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	l, err := newer.Listen(s.Addr(), &s.config, new(counts))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		switch i {
		case 20:
			close(begun)
		case 30:
			s.Yield()
		}
		d := s.dial()
		_, _ = io.WriteString(d, "x")
		read(t, d, 1)
		_ = d.Close()
	}
	_, _ = io.WriteString(c, "x")
	if got := read(t, c, 1); got != "x" {
		t.Errorf("got %q", got)
	}
	_ = c.Close()
	over, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := errors.Join(s.Drain(over), l.Drain(over)); err != nil {
		t.Error(err)
	}
}

// IPv6 clients reach IPv6 backends, and IPv4 backends, whose PROXY header then
// contains IPv6 addresses.
func TestIPv6(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6: %v", err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "6")
			_ = c.Close()
		}
	}()
	header := make(chan string, 1)
	for what, at := range map[string]string{"6": l.Addr().String(), "4": serve(t, func(c *net.TCPConn) {
		b := make([]byte, 16+36)
		n, _ := io.ReadFull(c, b)
		header <- string(b[:n])
		_, _ = io.WriteString(c, "4")
	})} {
		s := newSite(t, Options{}, func(c *Config) { c.ProxyHeader = what == "4" }, at)
		six, err := s.streams.Listen(netip.MustParseAddrPort("[::1]:0"), &s.config, s.counts)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", six.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		if got := read(t, c, 1); got != what {
			t.Errorf("got %q, want %s", got, what)
		}
		if what == "4" {
			client, local, _, err := readProxyHeader([]byte(<-header))
			if err != nil || client.Addr() != netip.IPv6Loopback() || local != six.Addr() {
				t.Errorf("header: %v to %v, %v", client, local, err)
			}
		}
		_ = c.Close()
		if err := six.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
