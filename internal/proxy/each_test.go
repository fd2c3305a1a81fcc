package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"elbow/internal/leak"
)

// A version is a version of HTTP that clients use.
type version string

const (
	http11 version = "HTTP/1.1"
	http20 version = "HTTP/2"
	http30 version = "HTTP/3"
)

// each runs a test over every version of HTTP.
func each(t *testing.T, test func(t *testing.T, v version)) {
	for _, v := range []version{http11, http20, http30} {
		t.Run(string(v), func(t *testing.T) {
			leak.Check(t)
			test(t, v)
		})
	}
}

// An asker is a client connection of any version that is used for one request
// at a time. Requests are written as HTTP/1.1.
type asker interface {
	ask(raw string) asker
	more(raw string) asker // of the body of a request that was incomplete
	interim() int          // waits for an interim answer
	want(status int, body string) *http.Response
	answer(method string) (resp *http.Response, body string, err error)
	response() *http.Response // whose body has not been read
	leave()                   // aborts the request in flight
}

func (r *rig) asker(v version) asker {
	switch v {
	case http20:
		return r.dial2()
	case http30:
		return r.dial3()
	}
	return r.dial()
}

func (c *client) ask(raw string) asker { return c.send(raw) }

func (c *client) more(raw string) asker { return c.send(raw) }

// leave resets the connection, because a half-close does not abort the request in flight.
func (c *client) leave() {
	tcp, ok := c.Conn.(*net.TCPConn)
	if t, secure := c.Conn.(*tls.Conn); secure {
		tcp, ok = t.NetConn().(*net.TCPConn)
	}
	if !ok {
		c.t.Fatalf("no TCP connection: %T", c.Conn)
	}
	_ = tcp.SetLinger(0) // fails only if it is closed
	_ = tcp.Close()
}

func (c *client) interim() int {
	c.t.Helper()
	return c.response().StatusCode
}

func (c *client) response() *http.Response {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// A caller is an asker over HTTP/2 or HTTP/3.
type caller struct {
	t         testing.TB
	address   string
	major     int // version
	transport interface {
		http.RoundTripper
		CloseIdleConnections()
	}
	answers  chan reply
	interims chan int
	body     *feed  // of the last request
	cancel   func() // cancels the last request
}

type reply struct {
	resp *http.Response
	err  error
}

func (r *rig) dial2() *caller {
	c := &caller{t: r.t, address: r.lis.Addr().String(), major: 2, transport: transport2(), answers: make(chan reply, 16), interims: make(chan int, 16)}
	r.t.Cleanup(c.transport.CloseIdleConnections)
	return c
}

func (r *rig) dial3() *caller {
	tr := &http3.Transport{TLSClientConfig: h3TLS(), DisableCompression: true}
	r.t.Cleanup(func() { _ = tr.Close() })
	return &caller{t: r.t, address: r.lis.Addr().String(), major: 3, transport: tr, answers: make(chan reply, 16), interims: make(chan int, 16)}
}

// transport2 returns a transport for HTTP/2 only.
func transport2() *http.Transport {
	p := new(http.Protocols)
	p.SetHTTP2(true)
	return &http.Transport{
		Protocols: p, DisableCompression: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test"},
	}
}

func (c *caller) ask(raw string) asker {
	c.t.Helper()
	body := newFeed(raw)
	c.body = body
	c.t.Cleanup(func() { _ = body.Close() }) // unblocks readers of the body
	req, err := http.ReadRequest(bufio.NewReader(c.body))
	if err != nil {
		c.t.Fatalf("%q: %v", clip(raw), err)
	}
	req.RequestURI, req.URL.Scheme, req.URL.Host = "", "https", c.address
	for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "Te"} {
		req.Header.Del(name)
	}
	if req.Body != http.NoBody {
		req.Body = struct {
			io.Reader
			io.Closer
		}{req.Body, c.body}
	}
	ctx, cancel := context.WithCancel(httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(status int, _ textproto.MIMEHeader) error {
			c.interims <- status
			return nil
		},
	}))
	c.t.Cleanup(cancel)
	c.cancel = cancel
	go func() { // ends with the head of the answer
		resp, err := c.transport.RoundTrip(req.WithContext(ctx))
		c.answers <- reply{resp, err}
	}()
	return c
}

func (c *caller) more(raw string) asker {
	c.body.add(raw)
	return c
}

func (c *caller) interim() int {
	c.t.Helper()
	select {
	case status := <-c.interims:
		return status
	case <-time.After(patience):
		c.t.Fatal("no interim answer")
	}
	return 0
}

func (c *caller) response() *http.Response {
	c.t.Helper()
	a := <-c.answers
	if a.err != nil {
		c.t.Fatal(a.err)
	}
	if a.resp.ProtoMajor != c.major {
		c.t.Fatalf("got an answer in %s", a.resp.Proto)
	}
	return a.resp
}

func (c *caller) answer(string) (*http.Response, string, error) {
	c.t.Helper()
	a := <-c.answers
	if a.err != nil {
		return nil, "", a.err // a reset of a QUIC stream may overtake the head
	}
	defer a.resp.Body.Close()
	body, err := io.ReadAll(a.resp.Body)
	return a.resp, string(body), err
}

func (c *caller) want(status int, body string) *http.Response {
	c.t.Helper()
	resp, got, err := c.answer("")
	if err != nil {
		c.t.Fatalf("read body: %v after %q", err, clip(got))
	}
	if resp.StatusCode != status || body != "*" && got != body {
		c.t.Fatalf("got %d %q, want %d %q", resp.StatusCode, clip(got), status, clip(body))
	}
	return resp
}

func (c *caller) leave() { c.cancel() }

// A feed is a reader of text that can be appended while it is read.
type feed struct {
	mu     sync.Mutex
	change *sync.Cond
	text   []byte // guarded by mu
	closed bool   // guarded by mu
}

func newFeed(text string) *feed {
	f := &feed{text: []byte(text)}
	f.change = sync.NewCond(&f.mu)
	return f
}

func (f *feed) add(text string) {
	f.mu.Lock()
	f.text = append(f.text, text...)
	f.mu.Unlock()
	f.change.Broadcast()
}

func (f *feed) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.text) == 0 && !f.closed {
		f.change.Wait()
	}
	n := copy(p, f.text)
	f.text = f.text[n:]
	if n == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (f *feed) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.change.Broadcast()
	return nil
}
