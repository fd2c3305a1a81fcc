package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/leak"
)

func TestListenErrors(t *testing.T) {
	leak.Check(t)
	taken := listenTCP(t).Addr().(*net.TCPAddr).AddrPort()
	p := New(Options{})
	defer p.Close()
	for _, tt := range []struct {
		addr netip.AddrPort
		want error
	}{
		{taken, syscall.EADDRINUSE},
		{netip.MustParseAddrPort("192.0.2.1:0"), syscall.EADDRNOTAVAIL},
	} {
		if _, err := p.Listen(tt.addr, &Config{}); !errors.Is(err, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.addr, err, tt.want)
		}
	}
}

func TestRedirect(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		send     string
		port     int
		status   int
		location string
	}{
		{"GET /a?b HTTP/1.1\r\nHost: www.example.com\r\n\r\n", 443, 301, "https://www.example.com/a?b"},
		{"HEAD / HTTP/1.1\r\nHost: www.example.com:80\r\n\r\n", 443, 301, "https://www.example.com/"},
		{"GET / HTTP/1.1\r\nHost: www.example.com:80\r\n\r\n", 8443, 301, "https://www.example.com:8443/"},
		{"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 8443, 301, "https://[::1]:8443/"},
		{"GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", 443, 301, "https://[::1]/"},
		{"GET //evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n", 443, 301, "https://a//evil.example/"},
		{"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 443, 308, "https://a/a"},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 443, 308, "https://a/"},
		{"GET http://b/c HTTP/1.1\r\nHost: a\r\n\r\n", 443, 301, "https://b/c"},
		{"GET / HTTP/1.0\r\n\r\n", 443, 400, ""},
		{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 443, 400, ""},
	} {
		r := newRig(t, nil, plain, func(_ *Options, c *Config) { c.RedirectPort = tt.port })
		c := r.dial().send(tt.send)
		resp, _, err := c.answer(tt.send[:strings.IndexByte(tt.send, ' ')])
		if err != nil || resp.StatusCode != tt.status || resp.Header.Get("Location") != tt.location {
			t.Errorf("%q: got %d %q, %v", tt.send, resp.StatusCode, resp.Header.Get("Location"), err)
		}
		if tt.status != 400 {
			c.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n").want(301, "*")
		}
	}
}

// A listener without TLS forwards requests with X-Forwarded-Proto: http.
func TestPlainListener(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-Proto"))
	})}, plain)
	c := r.dial()
	c.send(get).want(200, "http")
	c.send(get+get).want(200, "http")
	c.want(200, "http")
}

// A certificate can be replaced while connections are open, and earlier sessions are still
// resumed.
func TestCertificateSwap(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	old := r.dial().send(get)
	old.want(200, "hello")

	cache := tls.NewLRUClientSessionCache(1)
	name := func() (name string, resumed bool) {
		c, err := tls.Dial("tcp", r.lis.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test", ClientSessionCache: cache})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		_, _ = io.ReadAll(c) // the ticket arrives before the end
		s := c.ConnectionState()
		return s.PeerCertificates[0].Subject.CommonName, s.DidResume
	}
	if got, _ := name(); got != "elbow.test" {
		t.Fatalf("got %s", got)
	}
	cfg := *r.cfg
	renewed := certificate(t, "renewed.test")
	cfg.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return renewed, nil }
	r.lis.Swap(&cfg)
	if _, resumed := name(); !resumed {
		t.Error("a session from before the swap is not resumed")
	}
	cache.Put("elbow.test", nil)
	if got, _ := name(); got != "renewed.test" {
		t.Errorf("got %s after the swap", got)
	}
	old.send(get).want(200, "hello")
}

// Only versions and cipher suites without known weaknesses are accepted.
func TestTLSVersions(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	for _, tt := range []struct {
		version uint16
		ok      bool
	}{{tls.VersionTLS10, false}, {tls.VersionTLS11, false}, {tls.VersionTLS12, true}, {tls.VersionTLS13, true}} {
		c, err := tls.Dial("tcp", r.lis.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tt.version, MaxVersion: tt.version})
		if ok := err == nil; ok != tt.ok {
			t.Errorf("%s: got %v", tls.VersionName(tt.version), err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
	for _, suite := range tls.InsecureCipherSuites() {
		c, err := tls.Dial("tcp", r.lis.Addr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}})
		if err == nil {
			t.Errorf("%s is spoken", suite.Name)
			_ = c.Close()
		}
	}
}

// A drain closes idle connections at once, lets the others finish their exchange with
// Connection: close, and accepts no new ones.
func TestDrain(t *testing.T) {
	leak.Check(t)
	asked, next := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(asked)
			<-next
		}
		hello(w, r)
	})})
	idle := r.dial().send(get)
	idle.want(200, "hello")
	busy := r.dial().send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	<-asked

	drained := make(chan error, 1)
	go func() { drained <- r.lis.Drain(t.Context()) }() // ends when busy has its answer
	idle.wantEnd()
	if c, err := net.Dial("tcp", r.lis.Addr().String()); err == nil {
		t.Error("a new connection is accepted")
		_ = c.Close()
	}
	close(next)
	if resp := busy.want(200, "hello"); !resp.Close {
		t.Error("the connection is not announced to close")
	}
	busy.wantEnd()
	if err := <-drained; err != nil {
		t.Errorf("got %v", err)
	}
}

// A drain that times out on a listener without connections has cut nothing, so it must
// not report a cut.
func TestDrainWithoutConnections(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.lis.Drain(ctx); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

// Connections that have not ended when the drain times out are cut.
func TestDrainCuts(t *testing.T) {
	leak.Check(t)
	asked := make(chan struct{})
	r := newRig(t, []string{scripted(t, func(n int, p *peer) {
		if n > 0 {
			echoing(n, p)
			return
		}
		p.head()
		close(asked)
		p.wait() // does not answer
	})}, requestTimeout(time.Hour))
	stuck := r.dial().send(get)
	<-asked
	tunnel := r.upgraded()
	shaking, err := net.Dial("tcp", r.lis.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer shaking.Close()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.lis.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, _ = io.ReadAll(stuck.Conn) // each of them returns
	_, _ = io.ReadAll(tunnel.Conn)
	_, _ = io.ReadAll(shaking)
}

// Connections beyond a limit get 503, in any version of HTTP; far beyond it they are
// closed at once. The log reports it once.
func TestConnectionLimit(t *testing.T) {
	leak.Check(t)
	for name, set := range map[string]func(*Options, int){
		"in total":    func(o *Options, n int) { o.MaxConns = n },
		"by listener": func(o *Options, n int) { o.MaxListenerConns = n },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, v version) { testConnectionLimit(t, v, set) })
		})
	}
}

func testConnectionLimit(t *testing.T, v version, set func(*Options, int)) {
	const limit, beyond = 2 * overflowShare, 2
	var log bytes.Buffer // read when the listener has no connections any more
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) {
		set(o, limit)
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	var open []asker
	for range limit {
		open = append(open, r.asker(http11).ask(get))
		open[len(open)-1].want(200, "hello")
	}
	for n := range 3 {
		c := r.asker(v).ask(get)
		c.want(503, "503 Service Unavailable\n")
		c.leave()
		r.waitConns(limit)
		r.wantSeries(map[string]float64{"elbow_listener_connections_overflow_total{lb=lb-test,listener=443}": float64(n + 1)})
	}
	for range beyond {
		idle, err := tls.Dial("tcp", r.lis.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer idle.Close()
	}
	if err := r.tryTo(v); err == nil {
		t.Error("far beyond the limit there was an answer")
	}
	if r.series()["elbow_listener_connections_refused_total{lb=lb-test,listener=443}"] < 1 {
		t.Error("no connection is counted as refused")
	}
	for _, c := range open {
		c.leave()
	}
	r.waitConns(beyond)
	r.asker(v).ask(get).want(200, "hello")
	r.close()
	if text := log.String(); strings.Count(text, "connections beyond the limit") != 1 || strings.Count(text, "within the limit again") != 1 ||
		!strings.Contains(text, "beyond=") {
		t.Errorf("the log has\n%s", text)
	}
}

// tryTo connects and makes a request.
func (r *rig) tryTo(v version) error {
	r.t.Helper()
	if v == http11 {
		c, err := tls.Dial("tcp", r.lis.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	_, _, err := r.asker(v).ask(get).answer("GET")
	return err
}

// waitConns waits until at most n connections are left.
func (r *rig) waitConns(n int64) {
	for r.lis.Snapshot().Open > n {
		runtime.Gosched() // there is no event to wait for
	}
}

// Session cookies are set, followed, and removed from requests to the backend.
func TestStickyInsert(t *testing.T) { each(t, testStickyInsert) }

func testStickyInsert(t *testing.T, v version) {
	named := func(name string) string {
		return origin(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, name+" "+r.Header.Get("Cookie"))
		})
	}
	r := newRig(t, []string{named("a"), named("b")})
	cfg := *r.cfg
	group := &balance.Group{Members: []*balance.Member{cfg.Backends[0].Member, cfg.Backends[1].Member}, Weights: []int{1, 1}}
	cfg.Sticky = balance.NewInsert(group, make([]byte, 32), time.Hour, balance.NoSameSite)
	r.lis.Swap(&cfg)

	c := r.asker(v)
	resp, first, _ := c.ask(get).answer("GET")
	cookies := resp.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "SERVERID" {
		t.Fatalf("got cookies %v", cookies)
	}
	for range 5 {
		c.ask("GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1\r\nCookie: SERVERID=" + cookies[0].Value + "; y=2\r\n\r\n")
		c.want(200, first+"x=1; y=2")
	}
	// When its backend is gone, the client gets the other one and stays there.
	i := strings.Index("ab", first[:1])
	cfg.Backends[i].Member.SetHealth(balance.Unhealthy)
	resp, second, _ := c.ask("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=" + cookies[0].Value + "\r\n\r\n").answer("GET")
	if second == first || len(resp.Cookies()) != 1 {
		t.Errorf("got %q and cookies %v", second, resp.Cookies())
	}
}

func TestStickyServer(t *testing.T) { each(t, testStickyServer) }

func testStickyServer(t *testing.T, v version) {
	backend := origin(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "42"})
		_, _ = io.WriteString(w, r.Header.Get("Cookie"))
	})
	r := newRig(t, []string{backend, backend})
	cfg := *r.cfg
	group := &balance.Group{Members: []*balance.Member{cfg.Backends[0].Member, cfg.Backends[1].Member}, Weights: []int{1, 1}}
	cfg.Sticky = balance.NewServer(group, make([]byte, 32), "sid")
	r.lis.Swap(&cfg)

	c := r.asker(v)
	resp := c.ask(get).want(200, "")
	sid := resp.Cookies()[0].Value
	if sid == "42" || !strings.HasSuffix(sid, "~42") {
		t.Fatalf("got %q", sid)
	}
	first := r.log.next(t)["backend"]
	for range 3 {
		c.ask("GET / HTTP/1.1\r\nHost: a\r\nCookie: sid="+sid+"\r\n\r\n").want(200, "sid=42")
		if got := r.log.next(t)["backend"]; got != first {
			t.Errorf("got backend %v, want %v", got, first)
		}
	}
}
