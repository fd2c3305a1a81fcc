package proxy

import (
	"strconv"

	"elbow/internal/http1"
	"elbow/internal/http2"
)

// appendRequest appends the request head as a backend of HTTP/2 gets it. The
// scheme is that of the connection there: some servers check it.
func (b *b2) appendRequest(dst []byte) []byte {
	x, r := b.x, &b.x.req
	dst = http2.AppendField(dst, ":method", r.Method)
	dst = http2.AppendField(dst, ":scheme", "http")
	dst = http2.AppendField(dst, ":path", r.Path)
	dst = http2.AppendField(dst, ":authority", r.Authority)
	for i := range r.Fields {
		switch f := &r.Fields[i]; {
		case x.passes(f), f.ID == http1.ContentLength:
			dst = http2.AppendField(dst, f.Name, f.Value)
		}
	}
	if len(x.cookie) > 0 {
		dst = http2.AppendField(dst, "cookie", x.cookie)
	}
	if x.call {
		dst = http2.AppendField(dst, "te", "trailers") // what gRPC asks of every client
	}
	return b.appendForwarded(dst)
}

// appendForwarded appends the X-Forwarded fields.
func (b *b2) appendForwarded(dst []byte) []byte {
	x := b.x
	text := x.appendClients(b.block[:0])
	dst = http2.AppendField(dst, "x-forwarded-for", text)
	proto := "http"
	if x.conn.listener.tls != nil {
		proto = "https"
	}
	dst = http2.AppendField(dst, "x-forwarded-proto", proto)
	b.block = strconv.AppendInt(text[:0], int64(x.cfg.Port), 10)
	return http2.AppendField(dst, "x-forwarded-port", b.block)
}
