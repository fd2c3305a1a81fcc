package proxy

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"elbow/internal/leak"
)

// A request that parsers are known to interpret differently arrives at a backend as one
// unambiguous request, or not at all. The second request of each row is the smuggled one:
// it must never arrive.
func TestDesync(t *testing.T) {
	leak.Check(t)
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, tt := range []struct{ name, send string }{
		{"CL.TE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"},
		{"TE.CL", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n27\r\n" + smuggled + "\r\n0\r\n\r\n"},
		{"TE with space", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE with vertical tab", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE list", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE folded", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n" + smuggled},
		{"TE hidden by Connection", "POST / HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled},
		{"CL twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 35\r\n\r\n" + smuggled},
		{"CL list", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 35\r\n\r\n" + smuggled},
		{"CL with sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n" + smuggled},
		{"CL in hex", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n" + smuggled},
		{"CL overflow", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n" + smuggled},
		{"CL with underscore", "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 35\r\nContent-Length: -1\r\n\r\n" + smuggled},
		{"bare LF", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n" + smuggled},
		{"bare CR", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n" + smuggled},
		{"NUL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\x00z\r\n\r\n" + smuggled},
		{"space before header", " GET / HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled},
		{"space at first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n" + smuggled},
		{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled},
		{"chunk size overflow", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" + smuggled},
		{"chunk size with space", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 0\r\n\r\n" + smuggled},
		{"chunk size with 0x", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + smuggled},
		{"chunk with bare LF", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n" + smuggled},
		{"chunk extension with LF", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\nb\r\n\r\n" + smuggled},
		{"chunk longer than its size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n" + smuggled},
		{"length in trailers", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 35\r\n\r\n" + smuggled},
		{"fragment in target", "GET /#/ HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled},
		{"space in target", "GET / x HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled},
		{"HTTP/0.9", "GET /\r\n" + smuggled},
		{"version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n" + smuggled},
		{"preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := make(chan []byte, 16)
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				var all bytes.Buffer
				_, _ = io.Copy(&all, p.r)
				got <- all.Bytes()
			})}, requestTimeout(50*time.Millisecond))
			c := r.dial().send(tt.send)
			_, _ = io.ReadAll(c.r) // the request is answered and the connection closed
			r.close()
			for range r.cfg.Backends[0].Pool.Counts().Dials {
				oneRequest(t, <-got)
			}
		})
	}
}

// oneRequest checks that raw, which may be truncated, contains at most one request, and
// one kind of framing.
func oneRequest(t *testing.T, raw []byte) {
	t.Helper()
	if len(raw) == 0 {
		return
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	lower := strings.ToLower(string(head))
	if n := strings.Count(lower, "content-length:") + strings.Count(lower, "transfer-encoding:"); n > 1 {
		t.Errorf("several framings arrived: %q", raw)
	}
	br := bufio.NewReader(bytes.NewReader(raw))
	req, err := http.ReadRequest(br)
	if err != nil {
		t.Errorf("what arrived is no request: %v: %q", err, raw)
		return
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return // truncated by the proxy, so nothing can follow
	}
	if rest, _ := io.ReadAll(br); len(rest) > 0 || req.URL.Path == "/smuggled" {
		t.Errorf("more than one request arrived: %q", raw)
	}
}
