package proxy

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// webSocket is a backend that switches protocols as RFC 6455 requires and then runs
// script.
func webSocket(t testing.TB, script func(p *peer)) string {
	return scripted(t, func(_ int, p *peer) {
		req, err := http.ReadRequest(p.r)
		if err != nil || req.Method != "GET" || req.Header.Get("Upgrade") != "websocket" || req.Header.Get("Connection") != "Upgrade" {
			p.send("HTTP/1.1 400 Not an upgrade\r\nContent-Length: 0\r\n\r\n")
			return
		}
		sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: " +
			base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n")
		script(p)
	})
}

var webSocketFields = []string{":method: CONNECT", ":protocol: websocket", ":path: /chat", "sec-websocket-version: 13", "sec-websocket-key: mine"}

// A WebSocket over HTTP/2 (RFC 8441) is forwarded with Upgrade, beside other streams, and
// each of its directions ends independently.
func TestH2WebSocket(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		_, _ = io.Copy(p, p.r)
		p.send("bye")
	})})
	c := r.dialFrames()
	id := c.open(false, webSocketFields...)
	head := c.head(id)
	if head.PseudoValue("status") != "200" || head.StreamEnded() {
		t.Fatalf("got %v", head)
	}
	for _, f := range head.RegularFields() {
		switch f.Name {
		case "sec-websocket-protocol", "date":
		default:
			t.Errorf("got %v", f)
		}
	}
	for _, s := range []string{"one", "two", strings.Repeat("three", 2000)} {
		c.ok(c.WriteData(id, false, []byte(s)))
		for got := ""; got != s; {
			got += string(c.frame().(*http2.DataFrame).Data())
			if !strings.HasPrefix(s, got) {
				t.Fatalf("got %q", clip(got))
			}
		}
	}
	c.wantReset(c.open(true, "X: y"), http2.ErrCodeProtocol)
	c.ok(c.WriteData(id, true, []byte("last")))
	if got := c.body(id); got != "lastbye" {
		t.Errorf("got %q", got)
	}
	r.log.next(t) // of the malformed request
	if line := r.log.next(t); line["status"] != 101.0 || line["side"] != nil {
		t.Errorf("access log has %v", line)
	}
}

// The backend ends its direction first, and still receives the client's.
func TestH2WebSocketBackendEnds(t *testing.T) {
	leak.Check(t)
	heard := make(chan string, 1)
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		_ = p.CloseWrite()
		rest, _ := io.ReadAll(p.r)
		heard <- string(rest)
	})})
	c := r.dialFrames()
	id := c.open(false, webSocketFields...)
	c.head(id)
	if got := c.body(id); got != "" {
		t.Errorf("got %q", got)
	}
	c.ok(c.WriteData(id, true, []byte("still here")))
	if got := <-heard; got != "still here" {
		t.Errorf("the backend heard %q", got)
	}
}

// A tunnel that one side breaks is broken for the other.
func TestH2WebSocketBroken(t *testing.T) {
	leak.Check(t)
	left := make(chan struct{})
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		if b, _ := p.r.ReadByte(); b == '!' {
			_ = p.SetLinger(0)
			return
		}
		p.wait()
		close(left)
	})})
	c := r.dialFrames()
	id := c.open(false, webSocketFields...)
	c.head(id)
	c.ok(c.WriteData(id, false, []byte("!")))
	c.wantReset(id, http2.ErrCodeInternal)
	if line := r.log.next(t); line["side"] != "upstream" || line["op"] != "tunnel" {
		t.Errorf("access log has %v", line)
	}
	id = c.open(false, webSocketFields...)
	c.head(id)
	c.ok(c.WriteData(id, false, []byte("?")))
	c.ok(c.WriteRSTStream(id, http2.ErrCodeCancel))
	<-left
}

// If a backend does not switch protocols, its refusal is forwarded, but not a 2xx, which
// would tell the client that the tunnel is open.
func TestH2WebSocketDeclined(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct{ backend, status string }{
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "502"},
	} {
		r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
			p.head()
			p.send(tt.backend)
			p.wait()
		})})
		c := r.dialFrames()
		c.wantStatus(c.open(false, webSocketFields...), tt.status)
	}
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
		p.wait()
	})})
	c := r.dialFrames()
	c.wantReset(c.open(false, webSocketFields...), http2.ErrCodeInternal)
	if line := r.log.next(t); line["err"] != exchange.ErrAccept.Error() {
		t.Errorf("access log has %v", line)
	}
}

// A 101 with Upgrade but without Connection is accepted, whichever version the client
// uses.
func TestWebSocketWithoutConnection(t *testing.T) {
	leak.Check(t)
	backend := scripted(t, func(_ int, p *peer) {
		req, err := http.ReadRequest(p.r)
		if err != nil {
			return
		}
		p.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: " +
			acceptFor(req.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n")
		_, _ = io.Copy(p, p.r)
	})
	r := newRig(t, []string{backend})

	c := r.dialFrames()
	id := c.open(false, webSocketFields...)
	c.head(id)
	c.ok(c.WriteData(id, true, []byte("hello")))
	if got := c.body(id); got != "hello" {
		t.Errorf("HTTP/2: got %q", got)
	}

	raw := r.dialRaw()
	str := raw.stream(true, headers(":method", "CONNECT", ":protocol", "websocket", ":scheme", "https",
		":authority", "elbow.test", ":path", "/chat", "sec-websocket-version", "13"), frameData("hello"))
	if a := raw.answer(str); a.status != 200 || a.body != "hello" {
		t.Errorf("HTTP/3: got %+v", a)
	}
}
