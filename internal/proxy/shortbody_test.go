package proxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/leak"
	"elbow/internal/proxy/h2"
)

// A client that ends its body early after the head of the answer gets the rest of the
// answer. The proxy stops waiting for the body, so that the client does not count as
// stalled.
func TestBodyEndsShortAfterTheHead(t *testing.T) {
	each(t, func(t *testing.T, v version) {
		for _, tt := range []struct {
			name  string
			ask   func(r *rig) io.Reader
			only1 bool
		}{
			{"with a length", func(r *rig) io.Reader { return r.shortBody(v, "Content-Length: 100\r\n\r\nhello") }, false},
			{"in chunks", func(r *rig) io.Reader { return r.shortBody(v, "Transfer-Encoding: chunked\r\n\r\n64\r\nhello") }, true},
		} {
			if tt.only1 && v != http11 {
				continue // without a length any end is valid
			}
			t.Run(tt.name, func(t *testing.T) {
				leak.Check(t)
				short := make(chan struct{})
				end := sync.OnceFunc(func() { close(short) })
				defer end()
				r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
					p.head()
					p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 52\r\n\r\nbegin")
					<-short
					for range 21 {
						p.send("..")
						time.Sleep(time.Millisecond) // a slow backend
					}
					p.send("ended")
				})})
				body := tt.ask(r)
				end()
				got, err := io.ReadAll(body)
				if err != nil || !strings.HasSuffix(string(got), "ended") {
					t.Errorf("got %q, %v", got, err)
				}
				if line := r.log.next(t); line["status"] != 413.0 || line["err"] != nil {
					t.Errorf("access log has %v", line)
				}
			})
		}
	})
}

// shortBody makes a request with a body that is ended early after the head of the answer,
// and returns a reader of the answer.
func (r *rig) shortBody(v version, rest string) io.Reader {
	r.t.Helper()
	switch v {
	case http20:
		c := r.dialFrames()
		id := c.open(false, ":method: POST", "content-length: 100")
		c.ok(c.WriteData(id, false, []byte("hello")))
		c.head(id)
		c.ok(c.WriteData(id, true, nil))
		waitFor(r.t, "the end of the upload", func() (ended bool) {
			r.lis.conns.each(func(o *exchange.Origin) {
				ended = o.Member.(*h2.Conn).Snapshot().UploadsEnded > 0
			})
			return ended
		})
		return readerFunc(func(p []byte) (int, error) { return copy(p, c.body(id)), io.EOF })
	case http30:
		str := r.dialRaw().stream(false, headers(pseudo("POST", "/", "content-length", "100")...), frameData("hello"))
		if _, err := io.ReadFull(str, make([]byte, 1)); err != nil {
			r.t.Fatal(err)
		}
		_ = str.Close()
		return str
	}
	c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\n" + rest)
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := c.Conn.(*tls.Conn).CloseWrite(); err != nil {
		r.t.Fatal(err)
	}
	return resp.Body
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
