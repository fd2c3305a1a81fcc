package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// The fault of a backend decides the status, the side and the phase in the access log.
func TestBackendFaults(t *testing.T) { each(t, testBackendFaults) }

func testBackendFaults(t *testing.T, v version) {
	for _, tt := range []struct {
		name   string
		script func(p *peer)
		status int
		op     string
	}{
		{"closes at once", func(p *peer) {}, 502, "receive"},
		{"closes after the request", func(p *peer) { p.head() }, 502, "receive"},
		{"resets", func(p *peer) { p.head(); _ = p.SetLinger(0) }, 502, "receive"},
		{"closes within the head", func(p *peer) { p.head(); p.send("HTTP/1.1 200 OK\r\nContent-Le") }, 502, "receive"},
		{"garbage", func(p *peer) { p.head(); p.send("SSH-2.0-OpenSSH_9.9\r\n"); p.wait() }, 502, "receive"},
		{"bad head", func(p *peer) { p.head(); p.send("HTTP/1.1 200 OK\nA: b\n\n"); p.wait() }, 502, "receive"},
		{"two framings", func(p *peer) {
			p.head()
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
			p.wait()
		}, 502, "receive"},
		{"endless head", func(p *peer) {
			p.head()
			p.send("HTTP/1.1 200 OK\r\n")
			for range 1 << 16 {
				p.send("X-Again: and again and again and again and again\r\n")
			}
		}, 502, "receive"},
		{"stalls", func(p *peer) { p.head(); p.wait() }, 504, "receive"},
		{"stalls within the head", func(p *peer) { p.head(); p.send("HTTP/1.1 200 OK\r\n"); p.wait() }, 504, "receive"},
		{"stalls after an interim head", func(p *peer) { p.head(); p.send("HTTP/1.1 102 Processing\r\n\r\n"); p.wait() }, 504, "receive"},
		{"switches protocols unasked", func(p *peer) {
			p.head()
			p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			p.wait()
		}, 502, "receive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) { tt.script(p) })}, requestTimeout(100*time.Millisecond))
			c := r.asker(v).ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
			if resp := c.want(tt.status, "*"); resp.Close {
				t.Error("the client's connection pays for the backend")
			}
			line := r.log.next(t)
			if line["side"] != "upstream" || line["op"] != tt.op || line["status"] != float64(tt.status) {
				t.Errorf("access log has %v", line)
			}
			if n := r.cfg.Backends[0].Pool.Idle(); n != 0 {
				t.Errorf("%d broken connections were kept", n)
			}
			if n := r.cfg.Backends[0].Member.Active.Load(); n != 0 {
				t.Errorf("%d exchanges are still counted as active", n)
			}
		})
	}
}

// After the head, the client detects a fault by the missing end of the body.
func TestBodyCutOff(t *testing.T) { each(t, testBodyCutOff) }

func testBodyCutOff(t *testing.T, v version) {
	for _, tt := range []struct{ name, backend, want string }{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "hello"},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				p.head()
				p.send(tt.backend)
			})})
			c := r.asker(v).ask(get)
			_, body, err := c.answer("GET")
			if err == nil {
				t.Errorf("a cut off body looks complete: %q", body)
			}
			if line := r.log.next(t); line["side"] != "upstream" || line["op"] != "body" || line["status"] != 200.0 {
				t.Errorf("access log has %v", line)
			}
		})
	}
}

// A connection on which bytes arrived after the answer is not reused.
func TestStrayBytes(t *testing.T) { each(t, testStrayBytes) }

func testStrayBytes(t *testing.T, v version) {
	conns := make(chan int, 10)
	r := newRig(t, []string{scripted(t, func(n int, p *peer) {
		conns <- n
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		}
	})})
	c := r.asker(v)
	for range 3 {
		c.ask(get).want(200, "hello")
	}
	if len(conns) != 3 {
		t.Errorf("got %d backend connections, want 3", len(conns))
	}
}

// If the backend closes an idle connection just when it is reused, an idempotent request
// is retried, and any other gets 502.
func TestReusedConnectionDied(t *testing.T) { each(t, testReusedConnectionDied) }

func testReusedConnectionDied(t *testing.T, v version) {
	for _, tt := range []struct {
		name, send string
		status     int
	}{
		{"GET", get, 200},
		{"DELETE", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"PUT without a body", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200},
		{"POST", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 502},
		{"PUT", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 502},
		{"unknown method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 502},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(n int, p *peer) {
				p.head()
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				if n == 0 {
					p.head() // closes without an answer
					return
				}
				p.wait()
			})})
			c := r.asker(v).ask(get)
			c.want(200, "")
			r.log.next(t)
			c.ask(tt.send).want(tt.status, "*")
			line := r.log.next(t)
			if retried := line["retries"] == 1.0; retried != (tt.status == 200) {
				t.Errorf("access log has %v", line)
			}
		})
	}
}

// On a new connection the same is a fault of the backend, and is not retried.
func TestFreshConnectionDied(t *testing.T) { each(t, testFreshConnectionDied) }

func testFreshConnectionDied(t *testing.T, v version) {
	conns := make(chan int, 10)
	r := newRig(t, []string{scripted(t, func(n int, p *peer) {
		conns <- n
		p.head()
	})})
	r.asker(v).ask(get).want(502, "*")
	if len(conns) != 1 {
		t.Errorf("the backend was asked %d times", len(conns))
	}
}

// A backend that refuses the connection has received nothing of the request, so any
// request is retried with another backend.
func TestRefusedConnectGoesElsewhere(t *testing.T) { each(t, testRefusedConnectGoesElsewhere) }

func testRefusedConnectGoesElsewhere(t *testing.T, v version) {
	r := newRig(t, []string{refusing(t), origin(t, hello)})
	c := r.asker(v)
	retries := 0.0
	for range 4 { // with rr, at least one of two begins with the backend that refuses
		c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").want(200, "hello")
		if n, ok := r.log.next(t)["retries"].(float64); ok {
			retries += n
		}
	}
	if retries == 0 {
		t.Error("the dead backend was never tried")
	}
}

// If the second backend refuses as well, there is no further attempt.
func TestAllRefuse(t *testing.T) { each(t, testAllRefuse) }

func testAllRefuse(t *testing.T, v version) {
	r := newRig(t, []string{refusing(t), refusing(t), refusing(t)})
	r.asker(v).ask(get).want(502, "*")
	if line := r.log.next(t); line["op"] != "connect" || line["retries"] != 1.0 {
		t.Errorf("access log has %v", line)
	}
}

// If the only backend refuses, the fault is the refusal, not the lack of other
// backends.
func TestOnlyOneRefuses(t *testing.T) { each(t, testOnlyOneRefuses) }

func testOnlyOneRefuses(t *testing.T, v version) {
	r := newRig(t, []string{refusing(t)})
	r.asker(v).ask(get).want(502, "*")
	line := r.log.next(t)
	if _, retried := line["retries"]; line["op"] != "connect" || line["backend"] != "a" || retried {
		t.Errorf("access log has %v", line)
	}
	if n := r.lis.frontend.Retries.Used(); n != 0 {
		t.Errorf("%d of the retry budget are spent", n)
	}
}

func TestNoUsableBackend(t *testing.T) { each(t, testNoUsableBackend) }

func testNoUsableBackend(t *testing.T, v version) {
	r := newRig(t, []string{origin(t, hello)})
	r.cfg.Backends[0].Member.SetHealth(balance.Unhealthy)
	c := r.asker(v)
	c.ask(get).want(503, "503 Service Unavailable\n")
	r.cfg.Backends[0].Member.SetHealth(balance.Healthy)
	c.ask(get).want(200, "hello")
}

// Faults of clients, and their answers.
func TestClientFaults(t *testing.T) {
	leak.Check(t)
	long := strings.Repeat("x", 70<<10)
	for _, tt := range []struct {
		name, send string
		status     int
		body       string
	}{
		{"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400, "*"},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", 400, "400 Bad Request: no Host\n"},
		{"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405, "*"},
		{"long target", "GET /" + long + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "*"},
		{"long head", "GET / HTTP/1.1\r\nHost: a\r\nA: " + long + "\r\n\r\n", 431, "*"},
		{"coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "*"},
		{"version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "*"},
		{"chunk size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "*"},
		{"head not finished", "GET / HTTP/1.1\r\nHost: a\r\n", 408, "*"},
		{"body not finished", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", 408, "*"},
		{"chunked body not finished", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", 408, "*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) { p.wait() })},
				limits(exchange.Limits{HeadTimeout: 300 * time.Millisecond, BodyTimeout: 200 * time.Millisecond}))
			c := r.dial().send(tt.send)
			if resp := c.want(tt.status, tt.body); !resp.Close {
				t.Error("the connection is not announced to close")
			}
			c.wantEnd()
			if line := r.log.next(t); line["side"] != "client" {
				t.Errorf("access log has %v", line)
			}
		})
	}
}

// The timeout for a head is a total: it does not start again with each byte.
func TestHeadTimeoutIsTotal(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, limits(exchange.Limits{HeadTimeout: 200 * time.Millisecond}))
	c := r.dial().send("GET / HTTP/1.1\r\nHost: a\r\n")
	answered := make(chan int)
	go func() { // ends with the answer
		resp, err := http.ReadResponse(c.r, nil)
		if err != nil {
			close(answered)
			return
		}
		answered <- resp.StatusCode
	}()
	drip := time.NewTicker(20 * time.Millisecond)
	defer drip.Stop()
	for {
		select {
		case status := <-answered:
			if status != 408 {
				t.Errorf("got %d, want 408", status)
			}
			return
		case <-drip.C:
			_, _ = io.WriteString(c, "X: y\r\n") // fails after the answer
		}
	}
}

// inactivity is a timeout in tests of transfers that take longer than it, without being
// silent for as long. The machine may be busy for most of it in between.
const inactivity = 2 * time.Second

// A body may take longer than the body timeout, as long as bytes arrive.
func TestBodyTimeoutIsInactivity(t *testing.T) { each(t, testBodyTimeoutIsInactivity) }

func testBodyTimeoutIsInactivity(t *testing.T, v version) {
	r := newRig(t, []string{origin(t, hello)}, limits(exchange.Limits{BodyTimeout: inactivity, HeadTimeout: inactivity}),
		requestTimeout(inactivity))
	c := r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n")
	drip := time.NewTicker(inactivity / 10)
	defer drip.Stop()
	for range 15 {
		<-drip.C
		c.more("x")
	}
	c.want(200, "hello")
}

// A body that stops arriving times out.
func TestBodyTimeout(t *testing.T) { each(t, testBodyTimeout) }

func testBodyTimeout(t *testing.T, v version) {
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) { p.wait() })}, limits(exchange.Limits{BodyTimeout: 50 * time.Millisecond}))
	r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe").want(408, "*")
	if line := r.log.next(t); line["side"] != "client" || line["op"] != "send" {
		t.Errorf("access log has %v", line)
	}
}

// RequestTimeout ends with the head: a body may take longer.
func TestSlowBodyIsNotCut(t *testing.T) { each(t, testSlowBodyIsNotCut) }

func testSlowBodyIsNotCut(t *testing.T, v version) {
	next := make(chan struct{})
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
		<-next
		p.send("lo")
	})}, requestTimeout(50*time.Millisecond))
	c := r.asker(v).ask(get)
	resp := c.response()
	time.AfterFunc(150*time.Millisecond, func() { close(next) })
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
}

// An idle connection is closed without an answer, also before its first request.
func TestIdleTimeout(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, idleTimeout(50*time.Millisecond))
	c := r.dial()
	if err := c.Conn.(*tls.Conn).Handshake(); err != nil {
		t.Fatal(err)
	}
	c.wantEnd()
	c = r.dial().send(get)
	c.want(200, "hello")
	c.wantEnd()
}

// If a client disconnects while the backend has not answered, the exchange is aborted at
// the backend.
func TestClientGone(t *testing.T) { each(t, testClientGone) }

func testClientGone(t *testing.T, v version) {
	asked, left := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		close(asked)
		p.wait()
		close(left)
	})})
	c := r.asker(v).ask(get)
	<-asked
	c.leave()
	<-left
	if line := r.log.next(t); line["status"] != 499.0 || line["side"] != "client" {
		t.Errorf("access log has %v", line)
	}
}

// A client that disconnects while its request body is awaited is logged with status 499.
func TestClientGoneWithinBody(t *testing.T) { each(t, testClientGoneWithinBody) }

func testClientGoneWithinBody(t *testing.T, v version) {
	asked, left := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		close(asked)
		p.wait()
		close(left)
	})})
	c := r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
	<-asked
	c.leave()
	<-left
	if line := r.log.next(t); line["status"] != 499.0 || line["side"] != "client" {
		t.Errorf("access log has %v", line)
	}
}

// Plain HTTP on a TLS port is answered with 400; any other data is not answered.
func TestPlainOnTLS(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	for _, tt := range []struct {
		send   string
		answer bool
	}{
		{get, true},
		{"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", true},
		{"SSH-2.0-OpenSSH\r\n", false},
	} {
		c, err := net.Dial("tcp", r.lis.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, tt.send)
		got, _ := io.ReadAll(c)
		if answered := strings.HasPrefix(string(got), "HTTP/1.1 400 Bad Request\r\n") && strings.Contains(string(got), "HTTPS"); answered != tt.answer {
			t.Errorf("%q: got %q", tt.send, got)
		}
	}
}

// A handshake that does not begin times out.
func TestHandshakeTimeout(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, limits(exchange.Limits{HandshakeTimeout: 50 * time.Millisecond}))
	c, err := net.Dial("tcp", r.lis.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.ReadAll(c) // returns when the other side closes
}

// A panic in one connection does not end the others.
func TestPanic(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	good := r.dial().send(get)
	good.want(200, "hello")

	cfg := *r.cfg
	cfg.Scheduler = panicking{}
	r.lis.Swap(&cfg)
	r.dial().send(get).wantEnd()

	r.lis.Swap(r.cfg)
	good.send(get).want(200, "hello")
}

type panicking struct{}

func (panicking) Pick(balance.Key, int) int { panic("a bug") }
