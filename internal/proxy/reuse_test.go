package proxy

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// A request whose body arrives after its head, with or without a known length, releases
// its backend connection after the answer, and the next one reuses it.
func TestUploadReusesBackendConnection(t *testing.T) { each(t, testUploadReusesBackendConnection) }

func testUploadReusesBackendConnection(t *testing.T, v version) {
	var conns atomic.Int32
	heads := make(chan struct{})
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		conns.Add(1)
		for {
			req, err := http.ReadRequest(p.r)
			if err != nil {
				return
			}
			heads <- struct{}{}
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return
			}
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})})
	c := r.asker(v)
	for range 5 {
		c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
		<-heads
		c.more("hello").want(200, "ok")
		r.log.next(t) // the exchange has ended
		c.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
		<-heads
		c.more("5\r\nhello\r\n0\r\n\r\n").want(200, "ok")
		r.log.next(t)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("10 requests took %d backend connections, want 1", n)
	}
}
