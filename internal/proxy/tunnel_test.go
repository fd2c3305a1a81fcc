package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/balance"
	"elbow/internal/exchange"
	"elbow/internal/leak"
)

const upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"

// echoing switches protocols and sends back what it receives until it ends.
func echoing(_ int, p *peer) {
	if !strings.Contains(p.head(), "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n") {
		p.send("HTTP/1.1 400 Not an upgrade\r\nContent-Length: 0\r\n\r\n")
		return
	}
	p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
	_, _ = io.Copy(p, p.r)
}

// upgraded opens a tunnel.
func (r *rig) upgraded() *client {
	r.t.Helper()
	c := r.dial().send(upgrade)
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Sec-Websocket-Accept") != "x" {
		r.t.Fatalf("got %v", resp)
	}
	return c
}

// echo sends s and expects it back.
func (c *client) echo(s string) {
	c.t.Helper()
	c.send(s)
	got := make([]byte, len(s))
	if _, err := io.ReadFull(c.r, got); err != nil || string(got) != s {
		c.t.Fatalf("got %q, %v, want %q", got, err, s)
	}
}

// A client may send the first frames with its request.
func TestTunnelEarlyFrames(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, echoing)})
	c := r.dial().send(upgrade + "early")
	if _, err := http.ReadResponse(c.r, nil); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(c.r, got); err != nil || string(got) != "early" {
		t.Fatalf("got %q, %v", got, err)
	}
	c.echo("late")
}

// A tunnelEnd is the client's end of a WebSocket.
type tunnelEnd struct {
	t testing.TB
	io.Reader
	io.Writer
	CloseWrite func() error
	leave      func() // disconnects without a close frame
}

// tunnel opens a WebSocket to a backend that webSocket returned.
func (r *rig) tunnel(v version) *tunnelEnd {
	r.t.Helper()
	if v == http11 {
		c := r.dial().send(strings.Replace(upgrade, "\r\n\r\n", "\r\nSec-WebSocket-Key: mine\r\n\r\n", 1))
		if resp := c.response(); resp.StatusCode != 101 || resp.Header.Get("Sec-Websocket-Accept") != acceptFor("mine") {
			r.t.Fatalf("got %v", resp)
		}
		return &tunnelEnd{r.t, c.r, c, c.Conn.(*tls.Conn).CloseWrite, func() { _ = c.Conn.(*tls.Conn).NetConn().Close() }}
	}
	c := r.asker(v).(*caller)
	ctx, cancel := context.WithCancel(context.Background())
	r.t.Cleanup(cancel)
	out, in := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodConnect, "https://"+c.address+"/chat", out)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Sec-WebSocket-Version", "13")
	var transport http.RoundTripper = c.transport
	if v == http20 { // net/http does not allow this field
		//lint:ignore SA1019 net/http takes no :protocol
		tr := &http2.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test"}}
		//lint:ignore SA1019 as above
		r.t.Cleanup(tr.CloseIdleConnections)
		transport = tr
		req.Header[":protocol"] = []string{"websocket"}
	} else {
		req.Proto = "websocket"
	}
	resp, err := transport.RoundTrip(req)
	if err != nil || resp.StatusCode != 200 {
		r.t.Fatalf("got %v, %v", resp, err)
	}
	r.t.Cleanup(func() { _ = in.Close() })
	leave := func() {
		cancel()
		_ = in.CloseWithError(context.Canceled) // without it x/net waits for more data to send
	}
	return &tunnelEnd{r.t, resp.Body, in, in.Close, leave}
}

// echo sends s and expects it back.
func (e *tunnelEnd) echo(s string) {
	e.t.Helper()
	sent := make(chan error, 1)
	go func() { // ends with the write
		_, err := io.WriteString(e, s)
		sent <- err
	}()
	got := make([]byte, len(s))
	if _, err := io.ReadFull(e, got); err != nil || string(got) != s {
		e.t.Fatalf("got %q, %v, want %q", clip(string(got)), err, clip(s))
	}
	if err := <-sent; err != nil {
		e.t.Fatal(err)
	}
}

// Each direction ends independently: the backend is informed of the client's
// half-close and can still answer.
func TestTunnelHalfClose(t *testing.T) { each(t, testTunnelHalfClose) }

func testTunnelHalfClose(t *testing.T, v version) {
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		_, _ = io.Copy(p, p.r) // returns when the client half-closes
		p.send("bye")
	})})
	c := r.tunnel(v)
	c.echo("hi")
	c.echo(strings.Repeat("long", 10000))
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c); err != nil || string(rest) != "bye" {
		t.Errorf("got %q, %v", rest, err)
	}
	if line := r.log.next(t); line["status"] != 101.0 || line["side"] != nil {
		t.Errorf("access log has %v", line)
	}
}

// The backend may half-close first: the client is informed and can still send.
func TestTunnelBackendHalfClose(t *testing.T) { each(t, testTunnelBackendHalfClose) }

func testTunnelBackendHalfClose(t *testing.T, v version) {
	heard := make(chan string, 1)
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		_ = p.CloseWrite()
		rest, _ := io.ReadAll(p.r)
		heard <- string(rest)
	})})
	c := r.tunnel(v)
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v", rest, err)
	}
	if _, err := io.WriteString(c, "still here"); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != "still here" {
		t.Errorf("the backend heard %q", got)
	}
}

// Silence in one direction has no effect; silence in both closes the tunnel.
func TestTunnelSilence(t *testing.T) { each(t, testTunnelSilence) }

func testTunnelSilence(t *testing.T, v version) {
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		tick := time.NewTicker(inactivity / 10)
		defer tick.Stop()
		for range 15 {
			<-tick.C
			p.send(".")
		}
		p.wait()
	})}, limits(exchange.Limits{TunnelTimeout: inactivity}))
	c := r.tunnel(v)
	got, _ := io.ReadAll(c)
	if string(got) != strings.Repeat(".", 15) {
		t.Errorf("got %q", got)
	}
	if line := r.log.next(t); line["op"] != "tunnel" || line["err"] != exchange.ErrSilence.Error() {
		t.Errorf("access log has %v", line)
	}
}

// A reset by the backend is forwarded to the client, and one by the client to the
// backend.
func TestTunnelReset(t *testing.T) { each(t, testTunnelReset) }

func testTunnelReset(t *testing.T, v version) {
	left := make(chan struct{})
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		if b, _ := p.r.ReadByte(); b == '!' {
			_ = p.SetLinger(0)
			return
		}
		p.send("?")
		p.wait()
		close(left)
	})})
	c := r.tunnel(v)
	_, _ = io.WriteString(c, "!")
	_, _ = io.ReadAll(c) // returns
	if line := r.log.next(t); line["side"] != "upstream" || line["op"] != "tunnel" {
		t.Errorf("access log has %v", line)
	}
	c = r.tunnel(v)
	c.echo("?")
	c.leave()
	<-left
}

// The answer of a backend that does not switch protocols is forwarded like any other.
func TestUpgradeDeclined(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dial().send(upgrade)
	c.want(200, "hello")
	c.send(get).want(200, "hello")
}

// 200 Config changes, some of which replace backends, interrupt none of 50 WebSockets
// and 50 answers in flight.
func TestSwapBreaksNothing(t *testing.T) { each(t, testSwapBreaksNothing) }

func testSwapBreaksNothing(t *testing.T, v version) {
	const half, swaps = 50, 200
	ws, next := webSocket(t, func(p *peer) { _, _ = io.Copy(p, p.r) }), make(chan struct{})
	stream := origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "begin ")
		_ = http.NewResponseController(w).Flush()
		<-next
		_, _ = io.WriteString(w, "end")
	})
	r := newRig(t, []string{ws})
	var sockets []*tunnelEnd
	var streams []asker
	for range half {
		sockets = append(sockets, r.tunnel(v))
	}
	r.lis.Swap(r.over(stream))
	bodies := make([]io.Reader, half)
	for i := range half {
		c := r.asker(v).ask(get)
		streams = append(streams, c)
		resp := c.response()
		begin := make([]byte, len("begin "))
		if _, err := io.ReadFull(resp.Body, begin); err != nil {
			t.Fatal(err)
		}
		bodies[i] = resp.Body
	}
	other := origin(t, hello)
	for i := range swaps {
		cfg := r.over(other)
		r.lis.Swap(cfg)
		sockets[i%half].echo("still there")
		r.dial().send(get).want(200, "hello") // over HTTP/1.1, since handshakes take long
		cfg.Backends[0].Retire()
	}
	close(next)
	for i, b := range bodies {
		if rest, err := io.ReadAll(b); err != nil || string(rest) != "end" {
			t.Errorf("stream %d: got %q, %v", i, rest, err)
		}
		streams[i].ask(get).want(200, "hello")
	}
	for _, c := range sockets {
		c.echo("and at the end")
	}
}

// over returns a copy of the rig's Config with one other backend.
func (r *rig) over(address string) *Config {
	r.t.Helper()
	cfg := *r.cfg
	b := r.proxy.NewBackend("lb-test", 443, "x", address)
	b.Member.SetHealth(balance.Healthy)
	cfg.Backends = []*exchange.Backend{b}
	cfg.Scheduler = scheduler(r.t, &balance.Group{Members: []*balance.Member{b.Member}, Weights: []int{1}})
	r.t.Cleanup(b.Pool.Close)
	return &cfg
}
