package exchange

import (
	"bytes"
	"strconv"

	"elbow/internal/http1"
	"elbow/internal/http2"
)

// appendRequest appends the request head for an HTTP/2 backend. The scheme is that of
// the backend connection, because some servers verify it.
func (b *b2) appendRequest(dst []byte) []byte {
	x, r := b.x, &b.x.Req
	dst = http2.AppendField(dst, ":method", r.Method)
	dst = http2.AppendField(dst, ":scheme", "http")
	dst = http2.AppendField(dst, ":path", r.Path)
	dst = http2.AppendField(dst, ":authority", x.appendHost(b.block[:0]))
	te := x.call // required by gRPC
	for i := range r.Fields {
		switch f := &r.Fields[i]; {
		case x.passes(f):
			dst = http2.AppendField(dst, f.Name, f.Value)
		case f.ID == http1.TE:
			te = te || bytes.EqualFold(f.Value, []byte("trailers"))
		}
	}
	if r.Framing == http1.Length && (!x.call || b.lengthSaid()) {
		dst = http2.AppendContentLength(dst, r.Length)
	}
	if len(x.session.cookie) > 0 {
		dst = http2.AppendField(dst, "cookie", x.session.cookie)
	}
	if te {
		dst = http2.AppendField(dst, "te", "trailers")
	}
	return b.appendForwarded(dst)
}

// appendForwarded appends the X-Forwarded fields.
func (b *b2) appendForwarded(dst []byte) []byte {
	x := b.x
	text := b.block[:0]
	if !x.cfg.KeepForwardedFor {
		text = x.appendClients(text)
		dst = http2.AppendField(dst, "x-forwarded-for", text)
	}
	proto := "http"
	if x.From.Frontend.Secure {
		proto = "https"
	}
	dst = http2.AppendField(dst, "x-forwarded-proto", proto)
	b.block = strconv.AppendInt(text[:0], int64(x.cfg.Port), 10)
	return http2.AppendField(dst, "x-forwarded-port", b.block)
}

// lengthSaid reports whether the client has announced the length of the body. A length
// that only the proxy knows is not added to a call.
func (b *b2) lengthSaid() bool {
	for i := range b.x.Req.Fields {
		if b.x.Req.Fields[i].ID == http1.ContentLength {
			return true
		}
	}
	return false
}
