package udp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
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
	t      testing.TB
	relay  *Relay
	config Config
	counts *counts
	lines  *lines
}

type counts struct {
	accepted, refused, open, in, out, retried, ended atomic.Int64
}

func (c *counts) Accepted()                             { c.accepted.Add(1) }
func (c *counts) Refused()                              { c.refused.Add(1) }
func (c *counts) Opened(delta int64)                    { c.open.Add(delta) }
func (c *counts) Moved(in, out int64)                   { c.in.Add(in); c.out.Add(out) }
func (c *counts) Retried()                              { c.retried.Add(1) }
func (c *counts) Ended(_, _ time.Duration, side string) { c.ended.Add(1) }

// lines collects the lines of the access log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(line))
}

func (l *lines) with(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
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
	s := &site{t: t, counts: new(counts), lines: new(lines), config: Config{LoadBalancer: "lb-1", Port: 53}}
	o.Log, o.Line = slog.New(slog.DiscardHandler), s.lines.add
	var err error
	if s.relay, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.relay.Close)
	pool(t, &s.config, "rr", addresses...)
	if change != nil {
		change(&s.config)
	}
	if s.Listener, err = s.relay.Listen(netip.MustParseAddrPort("127.0.0.1:0"), &s.config, s.counts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// pool gives cfg backends at the addresses.
func pool(t testing.TB, cfg *Config, scheduler string, addresses ...string) {
	t.Helper()
	group := &balance.Group{}
	cfg.Backends = nil
	for i, a := range addresses {
		b := &Backend{ID: fmt.Sprintf("b%d", i), Address: netip.MustParseAddrPort(a), Member: &balance.Member{ID: fmt.Sprintf("b%d", i)}}
		b.Member.SetHealth(balance.Healthy)
		cfg.Backends = append(cfg.Backends, b)
		group.Members, group.Weights = append(group.Members, b.Member), append(group.Weights, 100)
	}
	var err error
	if cfg.Scheduler, err = balance.New(scheduler, group, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
}

// A client is a client's socket.
type client struct {
	*net.UDPConn
	t testing.TB
}

func (s *site) client() client {
	s.t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.Addr()))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return client{c, s.t}
}

// ask sends a datagram, repeats it every second without an answer as UDP clients do,
// and returns the answer.
func (c client) ask(b []byte) string {
	c.t.Helper()
	buf := make([]byte, 1<<16)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, err := c.Write(b); err != nil {
			c.t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := c.Read(buf); err == nil {
			return string(buf[:n])
		}
	}
	c.t.Fatal("no answer")
	return ""
}

// serve starts a server that answers each datagram with the results of do.
func serve(t testing.TB, do func([]byte) [][]byte) string {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			for _, b := range do(buf[:n]) {
				_, _ = c.WriteToUDPAddrPort(b, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Close()
		<-ended
	})
	return c.LocalAddr().String()
}

func echo(b []byte) [][]byte { return [][]byte{b} }

// named returns a server function that answers with a name.
func named(name string) func([]byte) [][]byte {
	return func([]byte) [][]byte { return [][]byte{[]byte(name)} }
}

// refused returns an address on which nothing listens.
func refused(t testing.TB) string {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// Datagrams of every length are forwarded unchanged.
func TestDatagramsPass(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, echo))
	c := s.client()
	for _, n := range []int{1, 100, 1472, 1473, 9000, 65000, 65507} {
		b := bytes.Repeat([]byte{byte(n)}, n)
		if got := c.ask(b); got != string(b) {
			t.Errorf("of %d bytes came %d back", n, len(got))
		}
	}
	if s.counts.accepted.Load() != 1 {
		t.Errorf("%d sessions", s.counts.accepted.Load())
	}
}

// Each client gets its own answers, from the address that it sent to.
func TestSessionsAreKeptApart(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, echo), serve(t, echo))
	var clients []client
	for range 50 {
		clients = append(clients, s.client())
	}
	for round := range 3 {
		for i, c := range clients {
			text := fmt.Sprintf("%d of %d", round, i)
			if got := c.ask([]byte(text)); got != text && !strings.HasSuffix(got, fmt.Sprintf("of %d", i)) {
				t.Errorf("client %d got %q", i, got)
			}
		}
	}
	if n := s.counts.accepted.Load(); n != 50 {
		t.Errorf("%d sessions", n)
	}
	a, b := s.config.Backends[0].Member.Active.Load(), s.config.Backends[1].Member.Active.Load()
	if a != 25 || b != 25 {
		t.Errorf("%d and %d sessions at the backends", a, b)
	}
}

// A datagram may have many answers, and answers may come without a new datagram.
func TestManyAnswers(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, func([]byte) (all [][]byte) {
		for i := range 40 {
			all = append(all, fmt.Appendf(nil, "answer %02d", i))
		}
		return all
	}))
	c := s.client()
	first := c.ask([]byte("x"))
	_ = c.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 100)
	for i := 1; i < 40; i++ {
		n, err := c.Read(buf)
		if want := fmt.Sprintf("answer %02d", i); err != nil || string(buf[:n]) != want || first != "answer 00" {
			t.Fatalf("got %q, %v, want %s", buf[:n], err, want)
		}
	}
}

// If a backend's port is closed, one datagram is lost and the next goes to another
// backend.
func TestRefusedBackendIsReplaced(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, refused(t), serve(t, named("here")))
	for range 3 {
		if got := s.client().ask([]byte("x")); got != "here" {
			t.Errorf("got %q", got)
		}
	}
	if s.lines.with(`"reason":"backend refused","side":"upstream"`) == 0 {
		t.Error("no line of a refusal")
	}
}

// A client of a backend that the health checks find down is moved to another one.
func TestDownBackendIsLeft(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, named("a")), serve(t, named("b")))
	c := s.client()
	first := c.ask([]byte("x"))
	s.config.Backends[strings.Index("ab", first)].Member.SetHealth(balance.Unhealthy)
	if got := c.ask([]byte("x")); got == first {
		t.Errorf("it stays with %s", got)
	}
	if s.lines.with(`"reason":"backend down"`) != 1 {
		t.Error("no line")
	}
}

func TestIdleSessionsEnd(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, func(c *Config) { c.Idle = time.Second }, serve(t, echo))
	s.client().ask([]byte("x"))
	eventually(t, "the session ends", func() bool { return s.lines.with(`"datagrams_in":1,"datagrams_out":1,"backend":"b0"`) == 1 })
	if s.counts.open.Load() != 0 || s.config.Backends[0].Member.Active.Load() != 0 {
		t.Error("it is still counted")
	}
}

// The number of sessions is bounded for any number of source addresses; sessions of
// clients that sent again after an answer are not evicted.
func TestSessionsAreBounded(t *testing.T) {
	leak.Check(t)
	const most = 64
	s := newSite(t, Options{MaxSessions: most}, nil, serve(t, echo))
	honest := s.client()
	honest.ask([]byte("a"))
	honest.ask([]byte("b"))
	for round := range 10 {
		for i := range most { // each from a new address
			c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 1, byte(round), byte(i+1))}, net.UDPAddrFromAddrPort(s.Addr()))
			if err != nil {
				t.Skipf("no addresses of 127.0.0.0/8 to send from: %v", err) // macOS
			}
			if _, err := c.Write([]byte("flood")); err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		}
		eventually(t, "all have been read", func() bool { return s.counts.accepted.Load() == int64(1+most*(round+1)) })
		if n := s.counts.open.Load(); n > most {
			t.Fatalf("%d sessions", n)
		}
	}
	before := s.counts.accepted.Load()
	honest.ask([]byte("c"))
	if s.counts.accepted.Load() != before {
		t.Error("the session of the honest client had to give way")
	}
}

// An answer that arrives after its session has ended reaches no other client, although
// the socket is reused.
func TestLateAnswers(t *testing.T) {
	leak.Check(t)
	release, got := make(chan struct{}), make(chan struct{}, 1000)
	open := sync.OnceFunc(func() { close(release) })
	defer open()
	do := func(b []byte) [][]byte {
		if string(b) == "late" {
			got <- struct{}{}
			<-release
		}
		return echo(b)
	}
	s := newSite(t, Options{MaxSessions: 1}, nil, serve(t, do), serve(t, do)) // in turn
	first := s.client()
	if _, err := first.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	<-got
	second := s.client()
	if got := second.ask([]byte("a")); got != "a" { // evicts the first session
		t.Errorf("got %q", got)
	}
	if n := s.lines.with(`"reason":"too many sessions"`); n != 1 {
		t.Fatalf("%d sessions had to give way", n)
	}
	open()
	for range 3 {
		if got := second.ask([]byte("b")); got != "b" {
			t.Errorf("got %q", got)
		}
	}
}

// A new Config keeps existing sessions and applies to new ones.
func TestSwapKeepsSessions(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, named("a")))
	c := s.client()
	c.ask([]byte("x"))
	next := s.config
	pool(t, &next, "rr", serve(t, named("b")))
	s.Swap(&next)
	if got := c.ask([]byte("x")); got != "a" {
		t.Errorf("the old session got %q", got)
	}
	if got := s.client().ask([]byte("x")); got != "b" {
		t.Errorf("a new one got %q", got)
	}
}

// When Close returns, the port is free and no session is left.
func TestClose(t *testing.T) {
	leak.Check(t)
	s := newSite(t, Options{}, nil, serve(t, echo))
	s.client().ask([]byte("x"))
	s.Close()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if s.counts.open.Load() != 0 || s.lines.with(`"reason":"listener stopped"`) != 1 {
		t.Error("a session is left")
	}
}

// After the socket was handed over, answers in flight still arrive.
func TestHandover(t *testing.T) {
	leak.Check(t)
	release := make(chan struct{})
	got := make(chan struct{}, 8)
	at := serve(t, func(b []byte) [][]byte {
		if string(b) == "slow" {
			got <- struct{}{}
			<-release
		}
		return echo(b)
	})
	s := newSite(t, Options{}, nil, at)
	given := s.relay.Sockets()
	begun := make(chan struct{})
	newer, err := New(Options{Log: slog.New(slog.DiscardHandler), Begun: begun, Inherit: func(string, netip.AddrPort) (*os.File, bool) {
		f, err := given[0].Open()
		return f, err == nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	l, err := newer.Listen(s.Addr(), &s.config, new(counts))
	if err != nil {
		t.Fatal(err)
	}
	c := s.client()
	_, _ = c.Write([]byte("slow"))
	<-got
	close(begun)
	s.Yield()
	close(release)
	_ = c.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 100)
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "slow" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	if got := s.client().ask([]byte("new")); got != "new" {
		t.Errorf("got %q", got)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Drain(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Drain: %v", err)
	}
	l.Close()
}

// quicLong returns a packet with a long header.
func quicLong(to, from string) []byte {
	b := append([]byte{0xc0, 0, 0, 0, 1, byte(len(to))}, to...)
	b = append(append(b, byte(len(from))), from...)
	return append(b, make([]byte, 1200-len(b))...)
}

// quicShort is a packet with a short header.
func quicShort(to string) []byte { return append(append([]byte{0x40}, to...), make([]byte, 40)...) }

// A QUIC client whose address changes keeps its backend: with qch by the id that the
// backend has chosen, with iqch by three bytes of it.
func TestQUICClientMoves(t *testing.T) {
	leak.Check(t)
	for _, scheduler := range []string{"qch", "iqch"} {
		t.Run(scheduler, func(t *testing.T) {
			leak.Check(t)
			server := func(name string) func([]byte) [][]byte {
				return func(b []byte) [][]byte {
					if isLong(b) { // its own id repeats bytes 2 to 4 of the client's
						client := destination(b)
						return [][]byte{append(quicLong("", name+string(client[1:4])+"own-id"), name...)}
					}
					return [][]byte{[]byte(name)}
				}
			}
			var addresses []string
			for _, name := range []string{"a", "b", "c", "d"} {
				addresses = append(addresses, serve(t, server(name)))
			}
			s := newSite(t, Options{}, func(c *Config) {
				c.QUIC = true
				pool(t, c, scheduler, addresses...)
			})
			met := make(map[byte]bool)
			for i := range 20 {
				id := fmt.Sprintf("%08d", i*7919)
				if scheduler == "iqch" {
					id = fmt.Sprintf("x%03d0000", i*7)
				}
				first := s.client().ask(quicLong(id, ""))
				name := first[len(first)-1]
				met[name] = true
				if got := s.client().ask(quicShort(string(name) + id[1:4] + "own-id")); got != string(name) {
					t.Errorf("client %d was with %c and is with %s", i, name, got)
				}
			}
			if len(met) < 2 {
				t.Errorf("all went to one backend: %v", met)
			}
		})
	}
}

// A datagram that is not QUIC, or only resembles it, is handled like any other.
func FuzzQUICHeaders(f *testing.F) {
	f.Add(quicLong("12345678", "abcd"))
	f.Add(quicShort("12345678"))
	f.Add([]byte{0xc0, 0, 0, 0, 1, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var l learner[int]
		for n := range min(len(b), 64) {
			_, _, _ = destination(b[:n]), source(b[:n]), hashable(b[:n])
			l.learn(b[:n], 1)
			l.find(b[:n])
		}
		if to := destination(b); len(to) > maxID || to != nil && !isLong(b) {
			t.Fatalf("destination %x of %x", to, b)
		}
		if name, ok := l.learn(b, 2); ok {
			got, same, found := l.find(append(append([]byte{0x40}, name[1:1+name[0]]...), make([]byte, 40)...))
			if !found || got != 2 && same == name {
				t.Fatalf("learned %x and found %d, %t", name, got, found)
			}
			l.forget(name, 2)
			if _, left := l.of[name]; left {
				t.Fatal("not forgotten")
			}
		}
	})
}

// Clients of IPv6 reach backends of IPv4 and of IPv6.
func TestIPv6(t *testing.T) {
	leak.Check(t)
	back, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("no IPv6: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 100)
		for {
			n, from, err := back.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			_, _ = back.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	defer func() {
		_ = back.Close()
		<-ended
	}()
	for _, at := range []string{serve(t, echo), back.LocalAddr().String()} {
		s := newSite(t, Options{}, nil, at)
		six, err := s.relay.Listen(netip.MustParseAddrPort("[::1]:0"), &s.config, s.counts)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(six.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		if got := (client{c, t}).ask([]byte("six")); got != "six" {
			t.Errorf("%s: got %q", at, got)
		}
		_ = c.Close()
		six.Close()
	}
}
