package proxy

import (
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"testing"

	"elbow/internal/leak"
)

const get = "GET / HTTP/1.1\r\nHost: elbow.test\r\n\r\n"

// Several requests share a client connection and a backend connection.
func TestKeepAlive(t *testing.T) { each(t, testKeepAlive) }

func testKeepAlive(t *testing.T, v version) {
	conns := make(chan int, 10)
	r := newRig(t, []string{scripted(t, func(n int, p *peer) {
		conns <- n
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}
	})})
	c := r.asker(v)
	for range 5 {
		c.ask(get).want(200, "hello")
	}
	if len(conns) != 1 {
		t.Errorf("got %d backend connections, want 1", len(conns))
	}
}

// The request head for the backend is generated: it has no hop-by-hop fields, and its
// forwarding fields contain the values that the proxy knows.
func TestRequestHead(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct{ name, send, want string }{
		{
			"Forwarding fields",
			"GET /a?b=c HTTP/1.1\r\nHost: www.example.com:8443\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Port: 1\r\nAccept: */*\r\n\r\n",
			"GET /a?b=c HTTP/1.1\r\nHost: www.example.com:8443\r\nAccept: */*\r\nX-Forwarded-For: 1.2.3.4, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
		{
			"several X-Forwarded-For become one",
			"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
		{
			"hop-by-hop fields",
			"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, x-mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nTE: gzip\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nX-Yours: 2\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\nX-Yours: 2\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
		{
			"absolute form",
			"GET http://www.example.com?q HTTP/1.1\r\nHost: other\r\n\r\n",
			"GET /?q HTTP/1.1\r\nHost: www.example.com\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
		{
			"asterisk form",
			"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
			"OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
		{
			"HTTP/1.0 becomes 1.1",
			"GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
		},
		{
			"body of known length",
			"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
			"POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\nContent-Length: 3\r\n\r\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heads := make(chan string, 1)
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				heads <- p.head()
				p.send("HTTP/1.1 204 No Content\r\n\r\n")
				p.wait()
			})})
			r.dial().send(tt.send).want(204, "")
			if got := <-heads; got != tt.want {
				t.Errorf("the backend got\n%q, want\n%q", got, tt.want)
			}
		})
	}
}

// Framings of the backend's answer, and the answer that a client of each version gets.
func TestAnswerFraming(t *testing.T) {
	leak.Check(t)
	const (
		v11 = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
		v10 = "GET / HTTP/1.0\r\n\r\n"
		k10 = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
	)
	for _, tt := range []struct {
		name, send, backend string
		want                string // without the Date line
		keep                bool
	}{
		{"length", v11, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true},
		{"length 0", v11, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		{"length to 1.0", v10, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", false},
		{"length to 1.0 kept", k10, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello", true},
		{"chunked", v11, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
		{"chunked with trailers", v11, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nDigest: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nDigest: x\r\n\r\n", true},
		{"chunked to 1.0", k10, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", false},
		{"until close", v11, "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
		{"until close, empty", v11, "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
		{"until close to 1.0", v10, "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", false},
		{"HTTP/1.0 backend", v11, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true},
		{"204", v11, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", true},
		{"304", v11, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 5\r\n\r\n", true},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true},
		{"no reason", v11, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", true},
		{"hop-by-hop", v11, "HTTP/1.1 200 OK\r\nConnection: x-mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		{"103", v11, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		{"103 to 1.0", k10, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				if p.head() != "" {
					p.send(tt.backend)
				}
			})}, withoutHTTP3)
			c := r.dial().send(tt.send)
			got := make([]byte, len(tt.want)+len("Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n"))
			if _, err := io.ReadFull(c.r, got); err != nil {
				t.Fatalf("%v after %q", err, got)
			}
			if got := withoutDate(string(got)); got != tt.want {
				t.Fatalf("got\n%q, want\n%q", got, tt.want)
			}
			if !tt.keep {
				c.wantEnd()
				return
			}
			c.send(get).answer("GET")
		})
	}
}

// withoutDate removes the Date line of a head.
func withoutDate(s string) string {
	i := strings.Index(s, "Date: ")
	if i < 0 {
		return s
	}
	return s[:i] + s[i+len("Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n"):]
}

// A Date of the backend is forwarded.
func TestDateKept(t *testing.T) { each(t, testDateKept) }

func testDateKept(t *testing.T, v version) {
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n")
	})})
	resp := r.asker(v).ask(get).want(200, "")
	if got := resp.Header["Date"]; len(got) != 1 || got[0] != "Sat, 01 Jan 2000 00:00:00 GMT" {
		t.Errorf("got Date %q", got)
	}
}

// Bodies of all framings and sizes are echoed unchanged.
func TestRequestBody(t *testing.T) { each(t, testRequestBody) }

func testRequestBody(t *testing.T, v version) {
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		w.Header().Set("Trailer-Was", r.Trailer.Get("X-Sum"))
		_, _ = w.Write(body)
	})})
	c := r.asker(v)
	for _, size := range []int{0, 1, 100, 8 << 10, 8<<10 - 100, 32 << 10, 1 << 20} {
		body := strings.Repeat("0123456789abcdef", size/16+1)[:size]

		c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n" + body)
		c.want(200, body)

		var chunked strings.Builder
		w := httputil.NewChunkedWriter(&chunked)
		for rest := body; len(rest) > 0; {
			n := min(len(rest), 5000)
			_, _ = io.WriteString(w, rest[:n])
			rest = rest[n:]
		}
		_ = w.Close()
		c.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + chunked.String() + "X-Sum: 42\r\n\r\n")
		if resp := c.want(200, body); resp.Header.Get("Trailer-Was") != "42" {
			t.Errorf("size %d: trailer lost", size)
		}
	}
}

// Pipelined requests are answered in order, also those with bodies.
func TestPipelining(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.URL.Path+string(body))
	})})
	long := strings.Repeat("x", 40<<10)
	c := r.dial().send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" +
		"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
		"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
		"\r\n" +
		"POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 40960\r\n\r\n" + long +
		"GET /5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /6 HTTP/1.1\r\nHost: a\r\n\r\n")
	for _, want := range []string{"/1", "/2abc", "/3abc", "/4" + long, "/5"} {
		c.want(200, want)
	}
	c.wantEnd()
}

// The answer to Expect: 100-continue is the backend's, not the proxy's.
func TestExpectContinue(t *testing.T) { each(t, testExpectContinue) }

func testExpectContinue(t *testing.T, v version) {
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		if !strings.Contains(strings.ToLower(p.head()), "\r\nexpect: 100-continue\r\n") {
			p.send("HTTP/1.1 400 Expect is gone\r\nContent-Length: 0\r\n\r\n")
			return
		}
		p.send("HTTP/1.1 100 Continue\r\n\r\n")
		body := make([]byte, 5)
		_, _ = io.ReadFull(p.r, body)
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + string(body))
		p.wait()
	})})
	c := r.asker(v).ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	if got := c.interim(); got != 100 {
		t.Fatalf("got %d", got)
	}
	c.more("hello").want(200, "hello")
}

// Early hints are forwarded before the final answer.
func TestEarlyHints(t *testing.T) { each(t, testEarlyHints) }

func testEarlyHints(t *testing.T, v version) {
	next := make(chan struct{})
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		<-next
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	})})
	c := r.asker(v).ask(get)
	if got := c.interim(); got != 103 {
		t.Errorf("got %d", got)
	}
	close(next)
	c.want(200, "hello")
}

// Answers without a body, whatever their Content-Length, and the answer after them.
func TestBodiless(t *testing.T) { each(t, testBodiless) }

func testBodiless(t *testing.T, v version) {
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		for h := p.head(); h != ""; h = p.head() {
			switch {
			case strings.HasPrefix(h, "GET /204 "):
				p.send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
			case strings.HasPrefix(h, "GET /304 "):
				p.send("HTTP/1.1 304 Not Modified\r\n\r\n") // with a length, Go's HTTP/2 client reports a missing body
			case strings.HasPrefix(h, "HEAD "):
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
			default:
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			}
		}
	})})
	c := r.asker(v)
	for _, tt := range []struct {
		method, path string
		status       int
		length       string
	}{
		{"GET", "/204", 204, ""},
		{"GET", "/304", 304, ""},
		{"HEAD", "/", 200, "5"},
	} {
		resp, body, err := c.ask(tt.method + " " + tt.path + " HTTP/1.1\r\nHost: a\r\n\r\n").answer(tt.method)
		if err != nil || resp.StatusCode != tt.status || body != "" || resp.Header.Get("Content-Length") != tt.length {
			t.Errorf("%s %s: got %d %q, length %q, %v", tt.method, tt.path, resp.StatusCode, body, resp.Header.Get("Content-Length"), err)
		}
		c.ask(get).want(200, "hello")
	}
}

// Trailers of an answer are forwarded.
func TestAnswerTrailers(t *testing.T) { each(t, testAnswerTrailers) }

func testAnswerTrailers(t *testing.T, v version) {
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nTrailer: Digest\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nDigest: x\r\n\r\n")
	})})
	if resp := r.asker(v).ask(get).want(200, "hello"); resp.Trailer.Get("Digest") != "x" {
		t.Errorf("got trailers %v", resp.Trailer)
	}
}

// A backend may refuse a body that is still being sent: the client gets the answer, and a
// connection of HTTP/1.1 is closed.
func TestEarlyAnswer(t *testing.T) { each(t, testEarlyAnswer) }

func testEarlyAnswer(t *testing.T, v version) {
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
	})})
	c := r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + strings.Repeat("x", 1000))
	resp := c.want(413, "big")
	if c, ok := c.(*client); ok {
		if !resp.Close {
			t.Error("the connection is not announced to close")
		}
		c.wantEnd()
		return
	}
	c.ask(get).want(413, "big")
}

// Answer and request body may be sent at the same time.
func TestFullDuplex(t *testing.T) { each(t, testFullDuplex) }

func testFullDuplex(t *testing.T, v version) {
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
	c := r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
	resp := c.response()
	defer resp.Body.Close()
	for _, b := range []byte("0123456789") {
		c.more(string(b))
		got := make([]byte, 1)
		if _, err := io.ReadFull(resp.Body, got); err != nil || got[0] != b {
			t.Fatalf("got %q, %v, want %q", got, err, b)
		}
	}
}
