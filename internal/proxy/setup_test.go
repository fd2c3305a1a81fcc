package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/exchange"
	"elbow/internal/leak"
	"elbow/internal/overload"
)

func TestMain(m *testing.M) {
	rand.Reader = chooser
	os.Exit(leak.Main(m.Run))
}

// patience bounds a test's wait for an expected event; only a failing test waits that
// long.
const patience = 20 * time.Second

// certificate returns a self-signed one for name.
func certificate(t testing.TB, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A rig is a proxy with one listener, for one test.
type rig struct {
	t     testing.TB
	proxy *Proxy
	lis   *Listener
	cfg   *Config
	log   *lines

	closed bool
}

// lines is an access log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newLines() *lines { return &lines{more: make(chan struct{}, 1)} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

// next waits for the next line and returns it decoded.
func (l *lines) next(t testing.TB) map[string]any {
	t.Helper()
	line := l.nextText(t)
	var m map[string]any
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatalf("access log line %q: %v", line, err)
	}
	return m
}

// nextText waits for the next line.
func (l *lines) nextText(t testing.TB) []byte {
	t.Helper()
	for {
		l.mu.Lock()
		line, err := l.text.ReadBytes('\n')
		l.mu.Unlock()
		if err == nil {
			return line
		}
		select {
		case <-l.more:
		case <-time.After(patience):
			t.Fatal("no line in the access log")
		}
	}
}

// rest returns what has not been read.
func (l *lines) rest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// setting changes what newRig sets up.
type setting func(*Options, *Config)

func limits(l exchange.Limits) setting { return func(o *Options, _ *Config) { o.Limits = l } }

func requestTimeout(d time.Duration) setting {
	return func(_ *Options, c *Config) { c.RequestTimeout = d }
}

func idleTimeout(d time.Duration) setting {
	return func(_ *Options, c *Config) { c.IdleTimeout = d }
}

// plain makes the listener serve HTTP without TLS.
func plain(_ *Options, c *Config) { c.Certificate = nil }

// newRig serves a TLS listener with the backends at these addresses, all of them healthy
// and scheduled by rr.
func newRig(t testing.TB, addresses []string, settings ...setting) *rig {
	t.Helper()
	cert := certificate(t, "elbow.test")
	r := &rig{t: t, log: newLines()}
	o := Options{HTTP3: true, AccessLog: r.log, Log: slog.New(slog.DiscardHandler)}
	r.cfg = &Config{
		Config:      exchange.Config{LoadBalancer: "lb-test", Port: 443},
		Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
	}
	for _, set := range settings {
		set(&o, r.cfg)
	}
	if o.Limits.LingerTimeout == 0 {
		o.Limits.LingerTimeout = 200 * time.Millisecond // tests leave connections open
	}
	if o.Limits.UnreadTimeout == 0 {
		o.Limits.UnreadTimeout = 200 * time.Millisecond // as above, over HTTP/3
	}
	r.proxy = New(o)
	group := new(balance.Group)
	for i, a := range addresses {
		b := r.proxy.NewBackend("lb-test", 443, string(rune('a'+i)), a)
		b.Member.SetHealth(balance.Healthy)
		r.cfg.Backends = append(r.cfg.Backends, b)
		group.Members = append(group.Members, b.Member)
		group.Weights = append(group.Weights, 100)
	}
	if r.cfg.Scheduler == nil {
		r.cfg.Scheduler = scheduler(t, group)
	}
	r.listen()
	t.Cleanup(r.close)
	return r
}

// listen opens a free port, for UDP too if the rig needs it.
func (r *rig) listen() {
	r.t.Helper()
	for {
		var err error
		if r.lis, err = r.proxy.Listen(netip.MustParseAddrPort("127.0.0.1:0"), r.cfg); err != nil {
			r.t.Fatal(err)
		}
		if !errors.Is(r.lis.HTTP3(), syscall.EADDRINUSE) {
			return
		}
		if err := r.lis.Drain(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
}

func scheduler(t testing.TB, g *balance.Group) balance.Scheduler {
	t.Helper()
	s, err := balance.New("rr", g, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// close closes the rig. The cleanup calls it again.
func (r *rig) close() {
	if r.closed {
		return
	}
	r.closed = true
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.lis.Drain(ctx) // cut: the tests check themselves how connections end
	for _, b := range r.cfg.Backends {
		b.Retire()
	}
	r.proxy.Close()
	waitFor(r.t, "the end of all that is reckoned", func() bool { return r.proxy.process.Budget.Holds() == 0 })
}

// A client is one connection to the listener of a rig.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

// dial connects, with TLS unless the listener is plain.
func (r *rig) dial() *client {
	r.t.Helper()
	return r.dialFrom("127.0.0.1")
}

// dialFrom is like dial, from the given local address.
func (r *rig) dialFrom(host string) *client {
	r.t.Helper()
	var c net.Conn
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}).Dial("tcp", r.lis.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	if r.lis.tls != nil {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test"})
	}
	r.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	return &client{r.t, c, bufio.NewReader(c)}
}

func (c *client) send(raw string) *client {
	c.t.Helper()
	if _, err := io.WriteString(c, raw); err != nil {
		c.t.Fatalf("send %q: %v", clip(raw), err)
	}
	return c
}

// answer reads one answer to a request of this method, and its body; the error is that of
// the body.
func (c *client) answer(method string) (*http.Response, string, error) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("read answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// want reads one answer and checks its status and body.
func (c *client) want(status int, body string) *http.Response {
	c.t.Helper()
	resp, got, err := c.answer("GET")
	if err != nil {
		c.t.Fatalf("read body: %v after %q", err, clip(got))
	}
	if resp.StatusCode != status || body != "*" && got != body {
		c.t.Fatalf("got %d %q, want %d %q", resp.StatusCode, clip(got), status, clip(body))
	}
	return resp
}

// wantEnd checks that the connection ends without another byte.
func (c *client) wantEnd() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Fatalf("connection stays open")
	}
	if len(rest) > 0 {
		c.t.Fatalf("got %q, want the end", clip(string(rest)))
	}
}

func clip(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}

// origin serves h with net/http.
func origin(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	l := listenTCP(t)
	s := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() { // ends with Close below
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-ended
	})
	return l.Addr().String()
}

// hello answers every request with "hello".
func hello(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, "hello")
}

func listenTCP(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// scripted is a backend that runs script for each connection, n counting from
// 0, and closes the connection when it returns.
func scripted(t testing.TB, script func(n int, c *peer)) string {
	t.Helper()
	l := listenTCP(t)
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	running.Add(1)
	go func() { // ends when l is closed
		defer running.Done()
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Add(1)
			go func() { // ends with the script, which the cleanup cuts
				defer running.Done()
				defer c.Close()
				script(n, &peer{c.(*net.TCPConn), bufio.NewReader(c)})
			}()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return l.Addr().String()
}

// A peer is a connection from the proxy to a scripted backend. Its methods do nothing
// once the connection has failed.
type peer struct {
	*net.TCPConn
	r *bufio.Reader
}

// head reads a request head and returns it.
func (p *peer) head() string {
	var b strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String()
		}
	}
}

func (p *peer) send(raw string) { _, _ = io.WriteString(p, raw) }

// wait returns when the other side has closed its direction.
func (p *peer) wait() { _, _ = io.Copy(io.Discard, p.r) }

// refusing returns an address on which nothing listens.
func refusing(t testing.TB) string {
	l := listenTCP(t)
	defer l.Close()
	return l.Addr().String()
}

// wantEmpty checks that a gate is empty and has no waiters.
func wantEmpty(t *testing.T, g *overload.Gate) {
	t.Helper()
	if n, w := g.Inside.Load(), g.Waiting(); n != 0 || w != 0 {
		t.Errorf("%d are left inside, %d in the queue", n, w)
	}
}
