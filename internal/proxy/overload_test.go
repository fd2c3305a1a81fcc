package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/leak"
	"elbow/internal/overload"
)

// While the maximum number of handshakes is being computed, others wait for their
// turn, and connections in excess are closed right after accept. Open connections are
// served meanwhile.
func TestHandshakeLimit(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxHandshakes = 1 })
	g := &r.proxy.shakes
	g.Room = 1
	open := r.dial().send(get)
	open.want(200, "hello")

	if !g.Enter() { // as a handshake that takes long
		t.Fatal("the gate is taken")
	}
	waits := r.dial()
	shaken := make(chan error, 1)
	go func() { shaken <- waits.Conn.(*tls.Conn).Handshake() }() // awaited below
	waitFor(t, "a queue", func() bool { return g.Waiting() == 1 })
	r.wantReset()
	open.send(get).want(200, "hello")
	r.wantSeries(map[string]float64{
		"elbow_listener_overload_refused_total{lb=lb-test,listener=443,reason=handshakes}": 1,
		"elbow_listener_connections_refused_total{lb=lb-test,listener=443}":                1,
	})

	g.Leave()
	if err := <-shaken; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
	waits.send(get).want(200, "hello")
	r.dial().send(get).want(200, "hello")
	wantEmpty(t, g)
}

// A handshake that gets no turn in time fails, and the turn of an
// aborted one is released.
func TestHandshakeTurnEnds(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxHandshakes = 1 })
	g := &r.proxy.shakes
	g.SetPatience(10 * time.Millisecond)
	g.Enter()
	if err := r.dial().Conn.(*tls.Conn).Handshake(); err == nil {
		t.Error("a handshake was computed beyond the limit")
	}
	g.Leave()

	old := tls.Client(r.dialTCP(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11})
	if err := old.Handshake(); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	silent := r.dialTCP() // sends its ClientHello and nothing else
	go func() {           // ends with the connection, which the cleanup closes
		_ = tls.Client(deaf{silent}, &tls.Config{InsecureSkipVerify: true}).Handshake()
	}()
	if _, err := io.ReadFull(silent, make([]byte, 5)); err != nil {
		t.Fatal(err) // the ServerHello has arrived: the turn is over
	}
	r.dial().send(get).want(200, "hello")
	wantEmpty(t, g)
}

// Handshakes yield to all runnable goroutines: a request that arrives together with many
// handshakes is answered after few of them were computed, even on one processor.
func TestHandshakesMakeWay(t *testing.T) {
	leak.Check(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const shakes = 100
	var computed atomic.Int64
	cert := certificate(t, "elbow.test")
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, cfg *Config) {
		o.HTTP3, o.Inherited = false, []Socket{} // accepts nothing before Begin
		cfg.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			computed.Add(1)
			for start := time.Now(); time.Since(start) < 4*time.Millisecond; { // as an RSA signature does
			}
			return cert, nil
		}
	})
	plain := *r.cfg
	plain.Certificate = nil
	side := &rig{t: t, proxy: r.proxy, cfg: &plain}
	side.listen()
	defer func() { _ = side.lis.Drain(t.Context()) }() // no exchange is in flight then
	request := side.dial().send(get)
	first := clientHello(t)
	for range shakes {
		if _, err := r.dialTCP().Write(first); err != nil {
			t.Fatal(err)
		}
	}

	r.proxy.Begin()
	request.want(200, "hello")
	if n := computed.Load(); n > shakes/2 {
		t.Errorf("%d of %d handshakes were computed before a request was answered", n, shakes)
	}
}

// However busy the processor is, concurrent handshakes do not each yield to all the
// others.
func TestHandshakesGetTheirShare(t *testing.T) {
	leak.Check(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := newRig(t, []string{origin(t, hello)})
	r.proxy.shakes.SetPatience(patience)
	const shakes, others = 64, 25
	var clients []*client
	for range shakes {
		clients = append(clients, r.dial())
	}
	stop := make(chan struct{})
	var busy, shaking sync.WaitGroup
	var ran atomic.Int64 // number of times that one of the others ran
	for range others {
		busy.Go(func() { // ends with stop
			for {
				select {
				case <-stop:
					return
				default:
				}
				for start := time.Now(); time.Since(start) < 2*time.Millisecond; {
				}
				ran.Add(1)
				runtime.Gosched()
			}
		})
	}
	for _, c := range clients {
		shaking.Go(func() {
			if err := c.Conn.(*tls.Conn).Handshake(); err != nil {
				t.Error(err)
			}
		})
	}
	shaking.Wait()
	close(stop)
	busy.Wait()
	if n := ran.Load() / others; n >= shakes {
		t.Errorf("all the others went first %d times in %d handshakes", n, shakes)
	}
}

// While there is no room, all pending connections are reset and counted.
func TestHandshakesShed(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) {
		o.HTTP3, o.MaxHandshakes, o.Inherited = false, 1, []Socket{} // accepts nothing before Begin
	})
	g := &r.proxy.shakes
	g.Room = 0
	g.Enter()
	const conns = 3*shedMax + 1
	var waiting []net.Conn
	for range conns {
		waiting = append(waiting, r.dialTCP())
	}
	r.proxy.Begin()
	for i, c := range waiting {
		_ = c.SetReadDeadline(time.Now().Add(patience)) // fails only if closed
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("connection %d got %v, want a reset", i, err)
		}
	}
	g.Leave()
	r.dial().send(get).want(200, "hello")
	r.wantSeries(map[string]float64{
		"elbow_listener_connections_total{lb=lb-test,listener=443}":                        conns + 1,
		"elbow_listener_connections_refused_total{lb=lb-test,listener=443}":                conns,
		"elbow_listener_overload_refused_total{lb=lb-test,listener=443,reason=handshakes}": conns,
	})
}

// clientHello returns the first bytes that a TLS client sends.
func clientHello(t *testing.T) []byte {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() { // ends with the pipe
		defer close(done)
		_ = tls.Client(near, &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test"}).Handshake()
	}()
	defer func() { _ = near.Close(); <-done }()
	defer func() { _ = far.Close() }()
	b := make([]byte, 4<<10)
	n, err := far.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func (r *rig) dialTCP() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.lis.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// wantReset checks that a new connection is not served.
func (r *rig) wantReset() {
	r.t.Helper()
	c, err := net.Dial("tcp", r.lis.Addr().String())
	if err == nil {
		_, err = c.Read(make([]byte, 1))
		_ = c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		r.t.Errorf("a new connection: got %v, want a reset", err)
	}
}

// A deaf is a connection without anything to read.
type deaf struct{ net.Conn }

func (deaf) Read([]byte) (int, error) { return 0, io.EOF }

// When memory is short, requests are answered with 503, new connections are closed,
// and exchanges in flight continue.
func TestShortMemory(t *testing.T) { each(t, testShortMemory) }

func testShortMemory(t *testing.T, v version) {
	address, asked, release := holding(t)
	r := newRig(t, []string{address}, func(o *Options, _ *Config) { o.Memory = 1 << 40 })
	b := &r.proxy.process.Budget
	under, c := r.asker(v), r.asker(v)
	c.ask(get)
	c.want(200, "hello")
	r.log.next(t)
	under.ask(hold)
	<-asked

	b.Measured(2 * b.Limit())
	c.ask(get)
	if got := c.want(503, "503 Service Unavailable\n").Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %q, want 1", got)
	}
	if line := r.log.next(t); line["side"] != "self" || line["err"] != overload.ErrMemory.Error() {
		t.Errorf("access log has %v", line)
	}
	r.wantReset()
	if v == http30 {
		if resp, _, err := r.asker(v).ask(get).answer("GET"); err == nil {
			t.Errorf("a new connection over QUIC: got %d", resp.StatusCode)
		}
	}
	close(release)
	under.want(200, "hello")
	r.log.next(t)

	b.Measured(b.Limit())
	c.ask(get)
	c.want(200, "hello")
	r.asker(v).ask(get).want(200, "hello")
	if n := r.series()["elbow_listener_overload_refused_total{lb=lb-test,listener=443,reason=memory}"]; n < 2 {
		t.Errorf("%v refusals were counted, want 2 or more", n)
	}
}

// The estimate of memory bounds connections and exchanges without a measurement: first
// connections, then requests, and in HTTP/2 also streams that are not answered.
func TestReckonedMemory(t *testing.T) {
	leak.Check(t)
	address, asked, release := holding(t)
	defer close(release)
	const holds = 16
	r := newRig(t, []string{address}, func(o *Options, _ *Config) {
		o.Memory = overload.BudgetShare * (holds*overload.ExchangeCost + 2*overload.ConnCost)
	})
	c := r.dialFrames()
	for range holds {
		c.open(true, ":path: /hold")
		<-asked
	}
	if !r.proxy.process.Budget.FullForConns(netip.AddrPort{}) {
		t.Error("there is room for another connection")
	}
	c.wantStatus(c.open(true), "503")
	r.proxy.process.Budget.Hold(holds / 4 * overload.ExchangeCost) // as if clients did not read
	c.wantReset(c.open(true), http2.ErrCodeRefusedStream)
	r.proxy.process.Budget.Hold(-holds / 4 * overload.ExchangeCost)
}
