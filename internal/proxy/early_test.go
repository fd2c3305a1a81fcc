package proxy

import (
	"io"
	"testing"
)

// An answer that comes before the whole request has gone out leaves a backend
// that still waits for the rest of the body. Its connection must not carry
// another request, which would be read as that rest.
func TestEarlyAnswerEndsBackendConnection(t *testing.T) {
	for _, tt := range []struct{ name, send, then string }{
		{"the rest never comes", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", ""},
		{"the rest comes after the answer", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", "world"},
		{"the last chunk comes after the answer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "0\r\n\r\n"},
		{"a broken chunk comes after the answer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "x\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				p.head()
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				p.wait()
			})})
			c := r.dial().send(tt.send)
			c.want(200, "ok")
			c.send(tt.then)
			_ = c.Close()
			_, _ = io.ReadAll(c.r)
			r.log.next(t) // the exchange has ended
			if n := r.cfg.Backends[0].Pool.Idle(); n != 0 {
				t.Errorf("%d connections in the middle of a request were kept", n)
			}
		})
	}
}
