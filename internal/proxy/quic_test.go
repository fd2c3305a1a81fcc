package proxy

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/http3"
	"elbow/internal/leak"
)

// rigWithUDP returns a rig without HTTP/3 whose UDP port was opened by open. If
// another program uses the port of that number, it tries another rig.
func rigWithUDP[S any](t *testing.T, open func(*rig) (S, error)) (*rig, S) {
	t.Helper()
	for range 20 {
		r := newRig(t, []string{origin(t, hello)}, withoutHTTP3)
		s, err := open(r)
		if err == nil {
			return r, s
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
	t.Fatal("the UDP ports of 20 listeners are taken")
	panic("unreachable")
}

// A UDP port that another process uses does not affect the TCP side, is reported, and
// is opened as soon as it is free.
func TestUDPPortTaken(t *testing.T) {
	leak.Check(t)
	r, taken := rigWithUDP(t, func(r *rig) (*net.UDPConn, error) { return net.ListenUDP("udp", r.udpAddr()) })
	defer taken.Close()
	r.lis.quic = newQUIC(r.lis) // as Listen would, except for the port
	r.lis.quic.start()
	if err := r.lis.HTTP3(); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
	r.wantSeries(map[string]float64{"elbow_listener_http3{lb=lb-test,listener=443}": 0})
	if resp := r.dial().send(get).want(200, "hello"); resp.Header.Get("Alt-Svc") != "" {
		t.Errorf("got Alt-Svc %q", resp.Header.Get("Alt-Svc"))
	}
	_ = taken.Close()
	waitFor(t, "HTTP/3", func() bool { return r.lis.HTTP3() == nil })
	r.wantSeries(map[string]float64{"elbow_listener_http3{lb=lb-test,listener=443}": 1})
	if got := r.dialRaw().ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
	if resp := r.dial().send(get).want(200, "hello"); resp.Header.Get("Alt-Svc") == "" {
		t.Error("got no Alt-Svc")
	}
}

// A UDP socket that fails is reopened.
func TestUDPSocketBreaks(t *testing.T) {
	leak.Check(t)
	var q *quicPort
	r, s := rigWithUDP(t, func(r *rig) (*quicSocket, error) {
		q = newQUIC(r.lis)
		return q.open()
	})
	r.lis.quic = q
	r.lis.conns.running.Add(1)
	go q.run(s, nil) // ends when the listener is closed
	r.dialRaw().ask("/")
	_ = s.udp.Close()
	waitFor(t, "the end of HTTP/3", func() bool { return r.lis.HTTP3() != nil })
	waitFor(t, "HTTP/3 again", func() bool { return r.lis.HTTP3() == nil })
	if got := r.dialRaw().ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// A listener that is closed while its UDP port is in use ends.
func TestUDPPortNeverFree(t *testing.T) {
	leak.Check(t)
	r, taken := rigWithUDP(t, func(r *rig) (*net.UDPConn, error) { return net.ListenUDP("udp", r.udpAddr()) })
	defer taken.Close()
	r.lis.quic = newQUIC(r.lis) // as Listen would, except for the port
	r.lis.quic.start()
	if err := r.lis.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

// Only a listener that serves HTTP/3 advertises it, over TCP, and not if the backend
// sends an Alt-Svc of its own.
func TestAltSvc(t *testing.T) {
	leak.Check(t)
	var own atomic.Bool
	backend := origin(t, func(w http.ResponseWriter, r *http.Request) {
		if own.Load() {
			w.Header().Set("Alt-Svc", "clear")
		}
		hello(w, r)
	})
	r := newRig(t, []string{backend})
	want := `h3=":` + r.lis.Addr().String()[strings.LastIndexByte(r.lis.Addr().String(), ':')+1:] + `"; ma=86400`
	if got := r.dial().send(get).want(200, "hello").Header.Get("Alt-Svc"); got != want {
		t.Errorf("HTTP/1.1: got %q, want %q", got, want)
	}
	if got := r.dial().send("GET / HTTP/1.1\r\nHost:\r\n\r\n").want(400, "*").Header.Get("Alt-Svc"); got != want {
		t.Errorf("answer of our own: got %q, want %q", got, want)
	}
	if a := r.dialRaw().answer(r.dialRaw().stream(true, headers(pseudo("GET", "/")...))); a.fields["alt-svc"] != "" {
		t.Errorf("HTTP/3: got %q", a.fields["alt-svc"])
	}
	own.Store(true)
	if got := r.dial().send(get).want(200, "hello").Header.Values("Alt-Svc"); !slices.Equal(got, []string{"clear"}) {
		t.Errorf("of the backend: got %q", got)
	}
	own.Store(false)
	if got := newRig(t, []string{backend}, withoutHTTP3).dial().send(get).want(200, "hello").Header.Get("Alt-Svc"); got != "" {
		t.Errorf("without HTTP/3: got %q", got)
	}
}

// A new certificate applies to new connections and does not affect open ones.
func TestH3CertificateSwap(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	old := r.dialRaw()
	cfg := *r.cfg
	renewed := certificate(t, "renewed.test")
	cfg.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return renewed, nil }
	r.lis.Swap(&cfg)
	if got := r.dialRaw().quic.ConnectionState().TLS.PeerCertificates[0].Subject.CommonName; got != "renewed.test" {
		t.Errorf("got %s after the swap", got)
	}
	if got := old.ask("/"); got != "hello" {
		t.Errorf("got %q on the old connection", got)
	}
}

// A drain tells clients which requests will be served: those in flight are, later ones
// may be repeated elsewhere. New connections are refused.
func TestH3Drain(t *testing.T) {
	leak.Check(t)
	asked, next := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			asked <- struct{}{}
			<-next
		}
		hello(w, r)
	})})
	idle, busy := r.dialRaw(), r.dialRaw()
	idle.ask("/")
	slow := busy.stream(true, headers(pseudo("GET", "/slow")...))
	<-asked
	control, err := busy.quic.AcceptUniStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = control.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.CopyN(io.Discard, control, int64(len(http3.AppendGreeting(nil)))); err != nil {
		t.Fatal(err)
	}

	drained := make(chan error, 1)
	go func() { drained <- r.lis.Drain(t.Context()) }() // ends when busy has its answer
	if got := idle.ended(); got != http3.NoError {
		t.Errorf("idle connection: got code %#x", got)
	}
	want := http3.AppendGoAway(http3.AppendGoAway(nil, http3.LastStream), 4)
	goaways := make([]byte, len(want))
	if _, err := io.ReadFull(control, goaways); err != nil || !bytes.Equal(goaways, want) {
		t.Errorf("got %x, %v, want a GOAWAY for no stream and one for those from 4 on", goaways, err)
	}
	if a := busy.answer(busy.stream(true, headers(pseudo("POST", "/late")...))); codeOfReset(a.err) != http3.RequestRejected {
		t.Errorf("late request: got %+v", a)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tr := &quic.Transport{Conn: listenUDP(t)}
	defer tr.Close()
	if c, err := tr.Dial(ctx, r.udpAddr(), h3TLS(), &quic.Config{HandshakeIdleTimeout: 200 * time.Millisecond}); err == nil {
		t.Error("a new connection is accepted")
		_ = c.CloseWithError(0, "")
	}
	close(next)
	if a := busy.answer(slow); a.status != 200 || a.body != "hello" || a.err != nil {
		t.Errorf("got %+v", a)
	}
	if got := busy.ended(); got != http3.NoError {
		t.Errorf("busy connection: got code %#x", got)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	udp, err := net.ListenUDP("udp", r.udpAddr())
	if err != nil {
		t.Errorf("the port is still taken: %v", err)
	} else {
		_ = udp.Close()
	}
}

// Exchanges that have not ended when the drain times out are cut.
func TestH3DrainCuts(t *testing.T) {
	leak.Check(t)
	asked := make(chan struct{}, 1)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		asked <- struct{}{}
		p.wait() // never answers
	})}, requestTimeout(time.Hour))
	c := r.dialRaw()
	c.stream(true, headers(pseudo("GET", "/")...))
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.lis.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	c.ended()
}

// A connection without a request is closed after the idle timeout, one with a longer
// request is not.
func TestH3IdleTimeout(t *testing.T) {
	leak.Check(t)
	next := make(chan struct{})
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-next
		}
		hello(w, r)
	})}, idleTimeout(100*time.Millisecond))
	silent, used, busy := r.dialRaw(), r.dialRaw(), r.dialRaw()
	slow := busy.stream(true, headers(pseudo("GET", "/slow")...))
	used.ask("/")
	for _, c := range []*rawH3{silent, used} {
		if got := c.ended(); got != http3.NoError {
			t.Errorf("got code %#x", got)
		}
	}
	close(next)
	if a := busy.answer(slow); a.status != 200 {
		t.Errorf("got %+v", a)
	}
	if got := busy.ended(); got != http3.NoError {
		t.Errorf("got code %#x", got)
	}
}

// Connections beyond the limit are refused, over TCP and over QUIC.
func TestH3ConnectionLimit(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxConns = 2 })
	r.dial().send(get).want(200, "hello")
	c := r.dialRaw()
	c.ask("/")
	tr := &quic.Transport{Conn: listenUDP(t)}
	defer tr.Close()
	_, err := tr.Dial(t.Context(), r.udpAddr(), h3TLS(), nil)
	var refused *quic.TransportError
	if !errors.As(err, &refused) || refused.ErrorCode != quic.ConnectionRefused {
		t.Errorf("got %v", err)
	}
	_ = c.quic.CloseWithError(0x100, "")
	r.waitConns(1)
	if got := r.dialRaw().ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// A client may have only a limited number of requests in flight. Requests that it
// resets count until their exchanges have ended ("rapid reset").
func TestH3RapidReset(t *testing.T) {
	leak.Check(t)
	free := make(chan struct{})
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		<-free
		hello(w, r)
	})})
	c := r.dialRaw()
	opened := 0
	for ; ; opened++ {
		str, err := c.quic.OpenStream()
		if err != nil {
			break // the limit is reached
		}
		_, _ = str.Write(headers(pseudo("POST", "/")...)[:5])
	}
	if opened != quicStreams {
		t.Errorf("%d streams could be opened, want %d", opened, quicStreams)
	}
	close(free)
}

// What a client sends before the handshake is complete may be a replay by an attacker:
// only requests that may safely be repeated are forwarded, and the backend is informed
// (RFC 8470).
func TestH3EarlyData(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Join(r.Header.Values("Early-Data"), ","))
	})})
	conf := h3TLS()
	conf.ClientSessionCache = tls.NewLRUClientSessionCache(10)
	tr := &quic.Transport{Conn: listenUDP(t)}
	defer tr.Close()
	first, err := tr.Dial(t.Context(), r.udpAddr(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	(&rawH3{t, first}).ask("/") // the ticket arrives before the answer
	r.log.next(t)
	_ = first.CloseWithError(0x100, "")

	for _, tt := range []struct {
		name   string
		send   [][]byte
		status int
		body   string
	}{
		{"GET", [][]byte{headers(pseudo("GET", "/")...)}, 200, "1"},
		{"HEAD", [][]byte{headers(pseudo("HEAD", "/")...)}, 200, ""},
		{"OPTIONS", [][]byte{headers(pseudo("OPTIONS", "/")...)}, 200, "1"},
		{"GET that says so itself", [][]byte{headers(pseudo("GET", "/", "early-data", "1")...)}, 200, "1"},
		{"POST", [][]byte{headers(pseudo("POST", "/")...)}, 425, "425 Too Early\n"},
		{"DELETE", [][]byte{headers(pseudo("DELETE", "/")...)}, 425, "425 Too Early\n"},
		{"GET with a body", [][]byte{headers(pseudo("GET", "/")...), frameData("x")}, 425, "425 Too Early\n"},
		{"WebSocket", [][]byte{headers(pseudo("CONNECT", "/", ":protocol", "websocket")...)}, 425, "425 Too Early\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			box := newNATBox(t, r.udpAddr())
			box.holdBack() // the server's packets, so that the handshake does not complete
			tr := &quic.Transport{Conn: listenUDP(t)}
			defer tr.Close()
			q, err := tr.DialEarly(t.Context(), box.inside.LocalAddr(), conf, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = q.CloseWithError(0x100, "") }()
			c := &rawH3{t, q}
			str := c.stream(true, slices.Concat(tt.send...))
			line := r.log.next(t) // the exchange has ended, without the client's Finished
			box.letGo()
			a := c.answer(str)
			if a.status != tt.status || a.body != tt.body || int(line["status"].(float64)) != tt.status {
				t.Errorf("got %+v and in the log %v, want %d %q", a, line, tt.status, tt.body)
			}
			if !q.ConnectionState().Used0RTT {
				t.Error("no 0-RTT was used, so nothing was tested")
			}
			// After the handshake every request is allowed.
			if a := c.answer(c.stream(true, headers(pseudo("POST", "/")...))); a.status != 200 || a.body != "" {
				t.Errorf("after the handshake: got %+v", a)
			}
			r.log.next(t)
		})
	}
}

// A WebSocket over HTTP/3 (RFC 9220) carries frames in both directions, and each
// direction ends independently.
func TestH3WebSocket(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		req, err := http.ReadRequest(p.r)
		if err != nil {
			return
		}
		if req.Header.Get("Sec-WebSocket-Protocol") != "chat" {
			p.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
			return
		}
		accept := acceptFor(req.Header.Get("Sec-WebSocket-Key"))
		if req.URL.Path == "/wrong" {
			accept = acceptFor("another key")
		}
		p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Accept: " + accept + "\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
		_, _ = io.Copy(p, p.r)
		p.send("bye")
	})})
	c := r.dialRaw()
	connect := func(path, protocol string) []byte {
		return headers(pseudo("CONNECT", path, ":protocol", "websocket", "sec-websocket-version", "13", "sec-websocket-protocol", protocol)...)
	}
	long := strings.Repeat("0123456789abcdef", 8<<10)
	str := c.stream(false, connect("/", "chat"), frameData("early "))
	go func() { // ends when the other end has received all of it
		_, _ = str.Write(slices.Concat(frame(0x21, nil), frameData(""), frameData("late "), frameData(long)))
		_ = str.Close()
	}()
	a := c.answer(str)
	if a.status != 200 || a.fields["sec-websocket-protocol"] != "chat" || a.fields["sec-websocket-accept"] != "" || a.body != "early late "+long+"bye" || a.err != nil {
		t.Errorf("got %d %v, %d bytes, %v", a.status, a.fields, len(a.body), a.err)
	}
	if a := c.answer(c.stream(false, connect("/", "mail"))); a.status != 403 || a.body != "no" {
		t.Errorf("declined: got %+v", a)
	}
	if a := c.answer(c.stream(false, connect("/wrong", "chat"))); a.status != 502 && codeOfReset(a.err) == 0 {
		t.Errorf("wrong accept: got %+v", a)
	}
	if a := c.answer(c.stream(true, headers(pseudo("CONNECT", "/", ":protocol", "connect-udp")...))); a.status != 501 {
		t.Errorf("another protocol: got %+v", a)
	}
	if a := c.answer(c.stream(true, headers(":method", "CONNECT", ":authority", "a:443"))); a.status != 405 {
		t.Errorf("plain CONNECT: got %+v", a)
	}
}

// acceptFor returns the Sec-WebSocket-Accept for a key (RFC 6455, 4.2.2).
func acceptFor(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
