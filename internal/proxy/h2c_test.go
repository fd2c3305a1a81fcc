package proxy

import (
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// h2c sets the protocol of backends to HTTP/2 by prior knowledge.
func h2c(_ *Options, c *Config) { c.Protocol = exchange.H2C }

// originH2C serves h over HTTP/2 without TLS only.
func originH2C(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	l := listenTCP(t)
	var speaks http.Protocols
	speaks.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &speaks}
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

// tell answers with a description of the request.
func tell(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var trailers []string
	if mine := r.Header.Get("X-Mine"); mine != "" {
		trailers = append(trailers, "X-Mine")
	}
	for name, values := range r.Trailer {
		trailers = append(trailers, name+"="+values[0])
	}
	sort.Strings(trailers)
	w.Header().Set("X-Told", strings.Join([]string{
		r.Proto, r.Method, r.RequestURI, r.Host, strconv.FormatInt(r.ContentLength, 10), strconv.Itoa(len(body)),
		r.Header.Get("X-Forwarded-Proto"), r.Header.Get("Cookie"), strings.Join(trailers, ","), ".",
	}, " "))
	switch r.URL.Path {
	case "/status":
		status, _ := strconv.Atoi(r.URL.RawQuery)
		w.WriteHeader(status)
		return
	case "/hints":
		w.Header().Set("Link", "</a>")
		n, _ := strconv.Atoi(r.URL.RawQuery)
		for range n {
			w.WriteHeader(103)
		}
	case "/trailers":
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "hello")
		w.Header().Set("X-Sum", "7")
		return
	case "/stream":
		for range 10 {
			_, _ = io.WriteString(w, strings.Repeat("y", 30<<10))
			w.(http.Flusher).Flush()
		}
		return
	case "/long":
		w.Header().Set("X-Long", strings.Repeat("y", 60<<10))
	}
	_, _ = io.WriteString(w, "hello")
}

// Whatever version a client uses, a backend that speaks HTTP/2 gets the request over
// HTTP/2, and the client gets its answer as from any other backend.
func TestBackendH2C(t *testing.T) {
	leak.Check(t)
	long := strings.Repeat("x", 300<<10)
	for _, tt := range []struct {
		name, raw string
		status    int
		body      string
		told      string // "V" stands for any value: method, target, host, length, body, ...
	}{
		{"GET", "GET /a?b=c HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 200, "hello", "GET /a?b=c elbow.test 0 0 https   ."},
		{"cookies", "GET / HTTP/1.1\r\nHost: elbow.test\r\nCookie: a=b\r\n\r\n", 200, "hello", "GET / elbow.test 0 0 https a=b  ."},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 200, "", "HEAD / elbow.test 0 0 https   ."},
		{"POST", "POST / HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 3\r\n\r\nabc", 200, "hello", "POST / elbow.test 3 3 https   ."},
		{"POST, empty", "POST / HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 0\r\n\r\n", 200, "hello", "POST / elbow.test 0 0 https   ."},
		{"POST, long", "POST / HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: " + strconv.Itoa(len(long)) + "\r\n\r\n" + long, 200, "hello", "POST / elbow.test 307200 307200 https   ."},
		{"POST, chunked", "POST / HTTP/1.1\r\nHost: elbow.test\r\nTransfer-Encoding: chunked\r\n\r\n4b000\r\n" + long + "\r\n0\r\n\r\n", 200, "hello", "POST / elbow.test -1 307200 https   ."},
		{"POST, chunked with trailers", "POST / HTTP/1.1\r\nHost: elbow.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\nAuthorization: x\r\n\r\n", 200, "hello", "POST / elbow.test -1 3 https  X-Sum=7 ."},
		{"fields of the connection", "GET / HTTP/1.1\r\nHost: elbow.test\r\nConnection: keep-alive, X-Mine\r\nKeep-Alive: 5\r\nX-Mine: 1\r\nProxy-Connection: x\r\n\r\n", 200, "hello", "GET / elbow.test 0 0 https   ."},
		{"204", "GET /status?204 HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 204, "", "GET /status?204 elbow.test 0 0 https   ."},
		{"304", "GET /status?304 HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 304, "", "GET /status?304 elbow.test 0 0 https   ."},
		{"404 without a body", "GET /status?404 HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 404, "", "GET /status?404 elbow.test 0 0 https   ."},
		{"interim heads", "GET /hints?5 HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 200, "hello", "GET /hints?5 elbow.test 0 0 https   ."},
		{"trailers", "GET /trailers HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 200, "hello", "GET /trailers elbow.test 0 0 https   ."},
		{"a stream", "GET /stream HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 200, strings.Repeat("y", 300<<10), "GET /stream elbow.test 0 0 https   ."},
		{"a long head", "GET /long HTTP/1.1\r\nHost: elbow.test\r\n\r\n", 200, "hello", "GET /long elbow.test 0 0 https   ."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, v version) {
				if v != http11 && (strings.Contains(tt.raw, "Trailer:") || strings.Contains(tt.raw, "X-Mine")) {
					return // these clients do not send it
				}
				r := newRig(t, []string{originH2C(t, tell)}, h2c)
				a := r.asker(v)
				for range 2 {
					a.ask(tt.raw)
					if tt.name == "interim heads" && v != http11 {
						for range 5 { // the limit of quic-go's client
							a.interim()
						}
					}
					resp, body, err := a.answer(strings.Fields(tt.raw)[0])
					for err == nil && resp.StatusCode == 103 {
						resp, body, err = a.answer("GET")
					}
					if err != nil || resp.StatusCode != tt.status || body != tt.body {
						t.Fatalf("got %v %q, %v", resp, clip(body), err)
					}
					if got := resp.Header.Get("X-Told"); got != "HTTP/2.0 "+tt.told {
						t.Errorf("the backend got %q, want %q", got, "HTTP/2.0 "+tt.told)
					}
					if tt.name == "trailers" && resp.Trailer.Get("X-Sum") != "7" {
						t.Errorf("got trailers %v", resp.Trailer)
					}
				}
				if dials := r.cfg.Backends[0].Pool.Counts().Dials; dials != 1 {
					t.Errorf("got %d connections to the backend, want 1", dials)
				}
			})
		})
	}
}

// If a shared connection ends before anything of an answer has arrived, an idempotent
// request is retried, and any other gets 502.
func TestBackendH2CEnds(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		method string
		status int
		heads  int // number of heads that the backend has received
	}{{"GET", 200, 3}, {"POST", 502, 2}} {
		t.Run(tt.method, func(t *testing.T) {
			each(t, func(t *testing.T, v version) {
				var heads atomic.Int32
				backend := backend2(t, func(_ int, f *http2.Framer) {
					for id := request(f); id > 0; id = request(f) {
						if heads.Add(1) == 2 {
							return // which closes the connection
						}
						writeBlock(f, id, [][2]string{{":status", "200"}}, true)
					}
				})
				r := newRig(t, []string{backend}, h2c)
				a := r.asker(v)
				const rest = " / HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 0\r\n\r\n"
				a.ask("GET"+rest).want(200, "")
				a.ask(tt.method+rest).want(tt.status, "*")
				if got := int(heads.Load()); got != tt.heads {
					t.Errorf("the backend got %d requests, want %d", got, tt.heads)
				}
			})
		})
	}
}

// A backend that does not begin to answer within RequestTimeout results in 504.
func TestBackendH2CIsLate(t *testing.T) {
	each(t, func(t *testing.T, v version) {
		r := newRig(t, []string{backend2(t, func(_ int, f *http2.Framer) {
			for request(f) > 0 {
			}
		})}, h2c, requestTimeout(50*1e6))
		r.asker(v).ask("GET / HTTP/1.1\r\nHost: elbow.test\r\n\r\n").want(504, "*")
	})
}

// An Upgrade to WebSocket over HTTP/1.1 is answered like a request without it; an extended
// CONNECT over HTTP/2 or HTTP/3 is refused.
func TestBackendH2CUpgrade(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{originH2C(t, tell)}, h2c)
	r.dial().send("GET / HTTP/1.1\r\nHost: elbow.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").want(200, "hello")
	p := r.dialFrames()
	id := p.open(false, ":method: CONNECT", ":protocol: websocket")
	if got := p.head(id).PseudoValue("status"); got != "501" {
		t.Errorf("got %s", got)
	}
	c := r.dialRaw()
	if a := c.answer(c.stream(true, headers(pseudo("CONNECT", "/", ":protocol", "websocket")...))); a.status != 501 {
		t.Errorf("got %+v", a)
	}
}

// A stream of the Connect protocol to such a backend may be silent in both directions for
// longer than any other request.
func TestBackendH2CStream(t *testing.T) {
	leak.Check(t)
	for _, v := range []version{http20, http30} {
		t.Run(string(v), func(t *testing.T) {
			leak.Check(t)
			backend := originH2C(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "begun")
				w.(http.Flusher).Flush()
				body, err := io.ReadAll(r.Body)
				if err != nil {
					panic(http.ErrAbortHandler)
				}
				_, _ = w.Write(body)
			})
			r := newRig(t, []string{backend}, h2c, limits(exchange.Limits{BodyTimeout: 50 * time.Millisecond, StreamTimeout: 50 * time.Millisecond}))
			begin := func(mediaType string) (asker, *http.Response) {
				a := r.asker(v).ask("POST / HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 5\r\nContent-Type: " + mediaType + "\r\n\r\n")
				resp := a.response()
				if _, err := io.ReadFull(resp.Body, make([]byte, len("begun"))); err != nil {
					t.Fatal(err)
				}
				return a, resp
			}
			stream, resp := begin("application/connect+proto")
			defer resp.Body.Close()
			_, other := begin("application/octet-stream")
			defer other.Body.Close()
			if _, err := io.ReadAll(other.Body); err == nil { // by then the stream has been silent for longer
				t.Error("what is no stream has not been ended")
			}
			stream.more("hello")
			if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "hello" {
				t.Errorf("got %q, %v", rest, err)
			}
		})
	}
}
