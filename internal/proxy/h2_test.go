package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
	"elbow/internal/proxy/h2"
)

// 1xx, trailers in both directions, and heads without bodies.
func TestH2Messages(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		for {
			req, err := http.ReadRequest(p.r)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(req.Body)
			switch req.URL.Path {
			case "/trailers":
				p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: " +
					req.Trailer.Get("x-sum") + string(body) + "\r\n\r\n")
			case "/hints":
				p.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			case "/304":
				p.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n")
			case "/close":
				p.send("HTTP/1.1 200 OK\r\nConnection: x-own\r\nX-Own: 1\r\n\r\nuntil the end")
				return
			default:
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
			}
		}
	})})
	c := r.dialFrames()

	id := c.open(false, ":method: POST", ":path: /trailers", "trailer: x-sum")
	c.ok(c.WriteData(id, false, []byte("abc")))
	c.encoded.Reset()
	trailers := []byte("\x00\x05x-sum\x0242")
	c.ok(c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: trailers, EndStream: true, EndHeaders: true}))
	if f := c.head(id); f.PseudoValue("status") != "200" || f.StreamEnded() {
		t.Fatalf("got %v", f)
	}
	if d, ok := c.frame().(*http2.DataFrame); !ok || string(d.Data()) != "ok" || d.StreamEnded() {
		t.Fatalf("got %v", d)
	}
	f := c.head(id)
	if !f.StreamEnded() || len(f.Fields) != 1 || f.Fields[0].Name != "x-sum" || f.Fields[0].Value != "42abc" {
		t.Fatalf("got trailers %v", f)
	}

	id = c.open(true, ":path: /hints")
	if f := c.head(id); f.PseudoValue("status") != "103" || f.StreamEnded() || f.RegularFields()[0].Name != "link" {
		t.Fatalf("got %v", f)
	}
	c.wantStatus(id, "200")

	id = c.open(true, ":path: /304")
	if f := c.head(id); f.PseudoValue("status") != "304" || !f.StreamEnded() {
		t.Fatalf("got %v", f)
	}
	id = c.open(true, ":method: HEAD")
	if f := c.head(id); f.PseudoValue("status") != "200" || !f.StreamEnded() || value(f, "content-length") != "5" {
		t.Fatalf("got %v", f)
	}
	id = c.open(true, ":path: /close")
	h := c.head(id)
	for _, f := range h.RegularFields() {
		if f.Name == "connection" || f.Name == "x-own" || f.Name == "transfer-encoding" {
			t.Errorf("got %v", f)
		}
	}
	if got := c.body(id); got != "until the end" {
		t.Errorf("got %q", got)
	}
}

// value returns the value of a field, "" if there is none.
func value(f *http2.MetaHeadersFrame, name string) string {
	for _, field := range f.Fields {
		if field.Name == name {
			return field.Value
		}
	}
	return ""
}

// The request that the backend gets.
func TestH2RequestHead(t *testing.T) {
	leak.Check(t)
	heads := make(chan string, 1)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		for h := p.head(); h != ""; h = p.head() {
			heads <- h
			p.send("HTTP/1.1 204 No Content\r\n\r\n")
		}
	})})
	c := r.dialFrames()
	const forwarded = "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n"
	for _, tt := range []struct {
		fields []string
		want   string
	}{
		{
			[]string{":path: /a?b=c", "cookie: a=1", "accept: */*", "cookie: b=2", "te: trailers", "x-forwarded-proto: gopher"},
			"GET /a?b=c HTTP/1.1\r\nHost: elbow.test\r\ncookie: a=1; b=2\r\naccept: */*\r\n" + forwarded + "\r\n",
		},
		{
			[]string{":method: OPTIONS", ":path: *", "x-forwarded-for: 1.2.3.4"},
			"OPTIONS * HTTP/1.1\r\nHost: elbow.test\r\nX-Forwarded-For: 1.2.3.4, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
	} {
		c.wantStatus(c.open(true, tt.fields...), "204")
		if got := <-heads; got != tt.want {
			t.Errorf("%q: the backend got\n%q, want\n%q", tt.fields, got, tt.want)
		}
	}
	// The whole body arrives with its head, so its length is known.
	id := c.next
	block := append([]byte(nil), c.block(":method: POST")...)
	c.next += 2
	var both []byte
	both = append(both, 0, 0, byte(len(block)), 1, 4, 0, 0, 0, byte(id))
	both = append(both, block...)
	both = append(both, 0, 0, 3, 0, 1, 0, 0, 0, byte(id))
	_, err := c.Write(append(both, "abc"...))
	c.ok(err)
	c.wantStatus(id, "204")
	if got := <-heads; !strings.HasSuffix(got, forwarded+"Content-Length: 3\r\n\r\n") {
		t.Errorf("the backend got %q", got)
	}
}

// Malformed requests are reset, others refused; neither reaches a backend, and the
// connection stays open (RFC 9113, 8.1.1).
func TestH2Refused(t *testing.T) {
	leak.Check(t)
	arrived := make(chan string, 100)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		for h := p.head(); h != ""; h = p.head() {
			arrived <- h
			p.send("HTTP/1.1 204 No Content\r\n\r\n")
		}
	})})
	c := r.dialFrames()
	for _, fields := range [][]string{
		{"x: a\r\ny: b"},
		{"x: a\nb"},
		{"x: a\rb"},
		{"x: a\x00b"},
		{"x\r\ny: b"},
		{"X: y"},
		{"x y: b"},
		{":path: / HTTP/1.1\r\nHost: b"},
		{":path: x"},
		{":method: GET / HTTP/1.1\r\nx: y\r\n\r\nGET"},
		{":authority: a\r\nx: y"},
		{":authority: a b"},
		{"host: other"},
		{"transfer-encoding: chunked"},
		{"connection: close"},
		{"content-length: 5"},
		{"upgrade: h2c"},
		{"te: gzip"},
		{":scheme: ftp"},
		{":unknown: x"},
	} {
		c.wantReset(c.open(true, fields...), http2.ErrCodeProtocol)
		if line := r.log.next(t); line["status"] != 400.0 || line["side"] != "client" || line["proto"] != "HTTP/2.0" {
			t.Errorf("%q: access log has %v", fields, line)
		}
	}
	for _, tt := range []struct {
		status string
		fields []string
	}{
		{"431", []string{"x: " + strings.Repeat("y", 66<<10)}},
		{"414", []string{":path: /" + strings.Repeat("y", 17<<10)}},
		{"501", []string{":method: CONNECT", ":protocol: connect-udp"}},
		{"417", []string{"expect: much"}},
	} {
		block := c.block(tt.fields...)
		id := c.next
		c.next += 2
		first := min(len(block), 10<<10)
		c.ok(c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block[:first], EndStream: true, EndHeaders: first == len(block)}))
		for block = block[first:]; len(block) > 0; block = block[first:] {
			first = min(len(block), 10<<10)
			c.ok(c.WriteContinuation(id, first == len(block), block[:first]))
		}
		c.wantStatus(id, tt.status)
	}
	c.wantStatus(c.open(true), "204")
	if len(arrived) != 1 {
		t.Errorf("%d requests arrived, want 1", len(arrived))
	}
}

// DATA must be as long as Content-Length says. The backend must not take a truncated body
// for the whole.
func TestH2ContentLength(t *testing.T) {
	leak.Check(t)
	whole := make(chan bool, 2)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		req, err := http.ReadRequest(p.r)
		if err != nil {
			return
		}
		_, err = io.ReadAll(req.Body)
		whole <- err == nil
	})})
	for _, body := range []string{"ab", "abcd"} {
		c := r.dialFrames()
		id := c.open(false, ":method: POST", "content-length: 3")
		c.ok(c.WriteData(id, true, []byte(body)))
		c.wantReset(id, http2.ErrCodeProtocol)
		_ = c.Close()
	}
	r.close()
	for range r.cfg.Backends[0].Pool.Counts().Dials {
		select {
		case w := <-whole:
			if w {
				t.Error("the backend got a whole request")
			}
		default: // not even the head has arrived
		}
	}
}

// The client's RST_STREAM aborts the exchange at the backend, and affects no other stream.
func TestH2Cancel(t *testing.T) {
	leak.Check(t)
	asked, left := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{scripted(t, func(n int, p *peer) {
		if h := p.head(); strings.HasPrefix(h, "GET /slow ") {
			close(asked)
			p.wait()
			close(left)
			return
		}
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		p.wait()
	})})
	c := r.dialFrames()
	slow := c.open(true, ":path: /slow")
	<-asked
	c.ok(c.WriteRSTStream(slow, http2.ErrCodeCancel))
	<-left
	if line := r.log.next(t); line["status"] != 499.0 || line["side"] != "client" {
		t.Errorf("access log has %v", line)
	}
	if got := c.wantStatus(c.open(true), "200"); got != "ok" {
		t.Errorf("got %q", got)
	}
}

// An HTTP/2 client that disconnects without GOAWAY aborts its requests.
func TestH2ClientGone(t *testing.T) {
	leak.Check(t)
	asked, left := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		close(asked)
		p.wait()
		close(left)
	})})
	c := r.dialFrames()
	c.open(true)
	<-asked
	_ = c.Close()
	<-left
	if line := r.log.next(t); line["status"] != 499.0 || line["side"] != "client" {
		t.Errorf("access log has %v", line)
	}
}

// If a backend answers before it has read the body, the client gets the answer and is
// asked to stop (RFC 9113, 8.1).
func TestH2EarlyAnswer(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
	})})
	c := r.dialFrames()
	id := c.open(false, ":method: POST", "content-length: 1000000")
	c.ok(c.WriteData(id, false, []byte("only the beginning")))
	if got := c.wantStatus(id, "413"); got != "big" {
		t.Errorf("got %q", got)
	}
	c.wantReset(id, http2.ErrCodeNo)
	c.ok(c.WriteData(id, false, []byte("this crossed it on the way")))
	id = c.open(true)
	c.wantStatus(id, "413")
}

// A backend that breaks off an answer ends only its stream.
func TestH2BodyCutOff(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
	})})
	c := r.dialFrames()
	for range 2 {
		id := c.open(true)
		c.head(id)
		if d, ok := c.frame().(*http2.DataFrame); !ok || string(d.Data()) != "hello" || d.StreamEnded() {
			t.Fatalf("got %v", d)
		}
		c.wantReset(id, http2.ErrCodeInternal)
	}
}

// Answer and request body may be sent at the same time.
func TestH2FullDuplex(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
		for range 10 {
			b, err := p.r.ReadByte()
			if err != nil {
				return
			}
			p.send(string(b))
		}
		p.wait()
	})})
	c := r.dialFrames()
	id := c.open(false, ":method: POST", "content-length: 10")
	c.head(id)
	for i, b := range []byte("0123456789") {
		c.ok(c.WriteData(id, i == 9, []byte{b}))
		if d, ok := c.frame().(*http2.DataFrame); !ok || string(d.Data()) != string(b) {
			t.Fatalf("got %v, want %q", d, b)
		}
	}
}

// A request body that stops arriving ends the exchange; one that arrives slowly does not.
func TestH2BodyTimeout(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) { p.wait() })}, limits(exchange.Limits{BodyTimeout: 50 * time.Millisecond}))
	c := r.dialFrames()
	id := c.open(false, ":method: POST")
	c.wantStatus(id, "408")
	c.wantReset(id, http2.ErrCodeNo)
}

// A drain sends GOAWAY, serves the requests that were sent before it, and then closes the
// connection. Idle connections are closed at once, and after IdleTimeout without a stream.
func TestH2Drain(t *testing.T) {
	leak.Check(t)
	asked, next := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(asked)
			<-next
		}
		hello(w, r)
	})}, func(o *Options, _ *Config) { o.Limits.GoAwayDelay = time.Millisecond })
	idle, busy := r.dialFrames(), r.dialFrames()
	idle.wantStatus(idle.open(true), "200")
	slow := busy.open(true, ":path: /slow")
	<-asked

	drained := make(chan error, 1)
	go func() { drained <- r.lis.Drain(context.Background()) }() // ends when both connections have
	warned := func(p *peer2) {
		t.Helper()
		f := p.frame()
		if g, ok := f.(*http2.GoAwayFrame); !ok || g.LastStreamID != 1<<31-1 || g.ErrCode != http2.ErrCodeNo {
			t.Fatalf("got %v, want a GOAWAY that rules nothing out", f)
		}
	}
	answerPing := func(p *peer2) {
		t.Helper()
		for {
			f, err := p.ReadFrame()
			p.ok(err)
			if ping, ok := f.(*http2.PingFrame); ok {
				p.ok(p.WritePing(true, ping.Data))
				return
			}
		}
	}
	warned(idle)
	answerPing(idle)
	idle.wantGoAway(http2.ErrCodeNo)

	warned(busy)
	late := busy.open(true) // sent before the GOAWAY
	answerPing(busy)
	for ruled, ended := false, false; !ruled || !ended; { // in either order
		switch f := busy.frame().(type) {
		case *http2.GoAwayFrame:
			if ruled = true; f.LastStreamID != late {
				t.Fatalf("got %v, want a GOAWAY after stream %d", f, late)
			}
		case *http2.DataFrame:
			ended = f.StreamID == late && f.StreamEnded()
		}
	}
	busy.open(true) // too late: ignored
	close(next)
	if got := busy.wantStatus(slow, "200"); got != "hello" {
		t.Errorf("got %q", got)
	}
	busy.wantGoAway(http2.ErrCodeNo)
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// While a stream is open no GOAWAY is sent: it follows the end of the answer.
func TestH2DrainWaitsForStreams(t *testing.T) {
	leak.Check(t)
	asked, next := make(chan struct{}), make(chan struct{})
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-next
		hello(w, r)
	})}, func(o *Options, _ *Config) { o.Limits.GoAwayDelay, o.DrainTimeout = time.Hour, 4*time.Hour })
	c := r.dialFrames()
	slow := c.open(true)
	<-asked
	r.lis.Close()
	close(next)
	if got := c.wantStatus(slow, "200"); got != "hello" { // any other frame before its end is an error
		t.Errorf("got %q", got)
	}
	if f, ok := c.frame().(*http2.GoAwayFrame); !ok || f.ErrCode != http2.ErrCodeNo {
		t.Errorf("got %v, want a GOAWAY", f)
	}
	c.ok(c.Close())
	if err := r.lis.Drain(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestH2IdleTimeout(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, idleTimeout(50*time.Millisecond))
	c := r.dialFrames()
	c.wantGoAway(http2.ErrCodeNo)
	c = r.dialFrames()
	c.wantStatus(c.open(true), "200")
	c.wantGoAway(http2.ErrCodeNo)
}

// A settled connection continues to serve requests. (settleTime is a second.)
func TestH2Settled(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, idleTimeout(10*time.Second))
	c := r.dialFrames()
	for range 2 {
		c.wantStatus(c.open(true), "200")
		h := r.h2()
		for settled := false; !settled; {
			time.Sleep(10 * time.Millisecond) // there is no event to wait for
			settled = h.Snapshot().Settled
		}
	}
}

// h2 returns the only connection of the listener.
func (r *rig) h2() (h *h2.Conn) {
	r.lis.conns.each(func(o *exchange.Origin) { h, _ = o.Member.(*h2.Conn) })
	return h
}

// A cut ends all streams: those that wait for the backend, for window, or for a body.
func TestH2Cut(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		if h := p.head(); strings.HasPrefix(h, "GET /long") {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000000))
		}
		p.wait()
	})}, requestTimeout(time.Hour))
	c := r.dialFrames()
	c.open(true)
	c.open(false, ":method: POST")
	c.head(c.open(true, ":path: /long"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.lis.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, _ = io.ReadAll(c.Conn) // returns
}

// Streams over the limit are refused with a code that allows a retry.
func TestH2StreamLimit(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) { p.wait() })}, requestTimeout(time.Hour))
	c := r.dialFrames()
	for range 128 {
		c.open(true)
	}
	c.wantReset(c.open(true), http2.ErrCodeRefusedStream)
}

// A panic in one stream ends its connection, not the others.
func TestH2Panic(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	good := r.dialFrames()
	good.wantStatus(good.open(true), "200")

	cfg := *r.cfg
	cfg.Scheduler = panicking{}
	r.lis.Swap(&cfg)
	bad := r.dialFrames()
	bad.open(true)
	_, _ = io.ReadAll(bad.Conn)

	r.lis.Swap(r.cfg)
	good.wantStatus(good.open(true), "200")
}

// Streams whose window is exhausted do not block others.
func TestH2ClosedWindows(t *testing.T) {
	leak.Check(t)
	const streams, size = 40, 1 << 20
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + strings.Repeat("x", size))
		}
	})})
	c := r.dialFrames(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 20 << 10})
	c.ok(c.WriteWindowUpdate(0, 1<<30))
	left := make(map[uint32]int)
	for range streams {
		left[c.open(true)] = size
	}
	opened := func(odd bool) {
		for id := range left {
			if (id/2%2 == 1) == odd {
				c.ok(c.WriteWindowUpdate(id, size))
			}
		}
	}
	opened(true)
	for len(left) > 0 {
		if d, ok := c.frame().(*http2.DataFrame); ok {
			if left[d.StreamID] -= len(d.Data()); left[d.StreamID] == 0 {
				delete(left, d.StreamID)
				if len(left) == streams/2 {
					opened(false)
				}
			}
		}
	}
}

// SETTINGS_MAX_HEADER_LIST_SIZE of a client is advisory: a longer answer is sent all the
// same (RFC 9113, 6.5.2).
func TestH2HeaderListSizeIsAdvice(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1000))
		hello(w, r)
	})})
	c := r.dialFrames(http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: 100})
	id := c.open(true)
	f := c.head(id)
	if got := f.PseudoValue("status"); got != "200" || f.Truncated {
		t.Errorf("got %v", f)
	}
	for _, field := range f.RegularFields() {
		if field.Name == "x-long" && len(field.Value) == 1000 {
			return
		}
	}
	t.Errorf("got %v", f)
}
