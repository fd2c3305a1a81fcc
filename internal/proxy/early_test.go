package proxy

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// A backend may answer before the whole request was sent, and still wait for the rest of
// the body. Its connection must not carry another request then, which the backend would
// parse as that rest.
func TestEarlyAnswerPoisonsNothing(t *testing.T) { each(t, testEarlyAnswerPoisonsNothing) }

func testEarlyAnswerPoisonsNothing(t *testing.T, v version) {
	for _, tt := range []struct{ name, send, then string }{
		{"the rest never comes", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello", ""},
		{"the rest comes after the answer", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", "world"},
		{"the last chunk comes after the answer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "0\r\n\r\n"},
		{"a broken chunk comes after the answer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "x\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				for {
					req, err := http.ReadRequest(p.r)
					if err != nil {
						return
					}
					p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
					if _, err := io.Copy(io.Discard, req.Body); err != nil {
						return
					}
				}
			})}, requestTimeout(time.Second))
			c := r.asker(v).ask(tt.send)
			c.want(200, "ok")
			c.more(tt.then).leave()
			r.log.next(t) // the exchange has ended
			// A request that may not be retried, so that no retry hides an error.
			r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").want(200, "ok")
		})
	}
}
