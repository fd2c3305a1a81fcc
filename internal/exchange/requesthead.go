package exchange

import (
	"bytes"
	"net/netip"
	"strconv"

	"elbow/internal/http1"
	"elbow/internal/http2"
)

// Heads are always serialized from the parsed form, never copied. So input that a
// parser downstream might read differently does not pass this file or responsehead.go.

// A requestHead writes the head of a request as the backend gets it.
type requestHead struct {
	req    *Request
	from   *Origin
	cfg    *Config
	cookie []byte // the Cookie value, if there is stickiness
}

// appendHTTP1 appends the head for a backend that speaks HTTP/1.1.
func (h *requestHead) appendHTTP1(dst []byte) []byte {
	r := h.req
	dst = http1.AppendRequestLine(dst, r.Method, r.Path)
	dst = append(dst, "Host: "...)
	dst = h.appendHost(dst)
	dst = append(dst, "\r\n"...)
	for i := range r.Fields {
		if f := &r.Fields[i]; h.passes(f) {
			dst = http1.AppendField(dst, f.Name, f.Value)
		}
	}
	if len(h.cookie) > 0 {
		dst = append(dst, "Cookie: "...)
		dst = append(dst, h.cookie...)
		dst = append(dst, "\r\n"...)
	}
	dst = h.appendForwarded(dst)
	dst = appendUpgrade(dst, r.Upgrade)
	if r.call {
		dst = append(dst, "Connection: TE\r\nTE: trailers\r\n"...) // gRPC sends its status there
	}
	dst = http1.AppendFraming(dst, r.Framing, r.Length)
	return append(dst, "\r\n"...)
}

// passes reports whether a field of the request is forwarded to the backend unchanged.
func (h *requestHead) passes(f *http1.Field) bool {
	if f.Hop {
		return false
	}
	switch f.ID {
	case http1.Host, http1.XForwardedProto, http1.XForwardedPort:
		return false // written by the proxy
	case http1.XForwardedFor:
		return h.cfg.KeepForwardedFor
	case http1.Expect:
		return h.req.Expect100
	case http1.Cookie:
		return h.cfg.Sticky == nil // otherwise the session has removed its own from h.cookie
	}
	return true
}

// appendHost appends the authority of the request. Only HTTP/1.0 may omit it; the
// backend then gets the address that the client connected to.
func (h *requestHead) appendHost(dst []byte) []byte {
	if len(h.req.Authority) > 0 {
		return append(dst, h.req.Authority...)
	}
	return h.from.Frontend.Addr.AppendTo(dst)
}

// appendForwarded appends the X-Forwarded fields: the client is appended to For; Proto
// and Port are always the proxy's own (decisions, Data plane 9).
func (h *requestHead) appendForwarded(dst []byte) []byte {
	if !h.cfg.KeepForwardedFor {
		dst = append(dst, "X-Forwarded-For: "...)
		dst = h.appendClients(dst)
		dst = append(dst, "\r\n"...)
	}
	if h.from.Frontend.Secure {
		dst = append(dst, "X-Forwarded-Proto: https\r\nX-Forwarded-Port: "...)
	} else {
		dst = append(dst, "X-Forwarded-Proto: http\r\nX-Forwarded-Port: "...)
	}
	dst = strconv.AppendInt(dst, int64(h.cfg.Port), 10)
	return append(dst, "\r\n"...)
}

// appendClients appends the value of X-Forwarded-For.
func (h *requestHead) appendClients(dst []byte) []byte {
	for i := range h.req.Fields {
		if f := &h.req.Fields[i]; f.ID == http1.XForwardedFor && len(f.Value) > 0 {
			dst = append(dst, f.Value...)
			dst = append(dst, ", "...)
		}
	}
	return appendIP(dst, h.from.Addr().Addr())
}

// appendHTTP2 appends the head for a backend that speaks HTTP/2, as a header block. The
// scheme is that of the backend connection, because some servers verify it. text is
// memory for values; it is returned, perhaps grown.
func (h *requestHead) appendHTTP2(dst, text []byte) (head, memory []byte) {
	r := h.req
	dst = http2.AppendField(dst, ":method", r.Method)
	dst = http2.AppendField(dst, ":scheme", "http")
	dst = http2.AppendField(dst, ":path", r.Path)
	dst = http2.AppendField(dst, ":authority", h.appendHost(text[:0]))
	te := r.call // required by gRPC
	for i := range r.Fields {
		switch f := &r.Fields[i]; {
		case h.passes(f):
			dst = http2.AppendField(dst, f.Name, f.Value)
		case f.ID == http1.TE:
			te = te || bytes.EqualFold(f.Value, []byte("trailers"))
		}
	}
	if r.Framing == http1.Length && (!r.call || r.saysLength()) {
		dst = http2.AppendContentLength(dst, r.Length)
	}
	if len(h.cookie) > 0 {
		dst = http2.AppendField(dst, "cookie", h.cookie)
	}
	if te {
		dst = http2.AppendField(dst, "te", "trailers")
	}
	return h.appendForwardedHTTP2(dst, text)
}

// appendForwardedHTTP2 appends the X-Forwarded fields, as appendForwarded does.
func (h *requestHead) appendForwardedHTTP2(dst, text []byte) (head, memory []byte) {
	text = text[:0]
	if !h.cfg.KeepForwardedFor {
		text = h.appendClients(text)
		dst = http2.AppendField(dst, "x-forwarded-for", text)
	}
	proto := "http"
	if h.from.Frontend.Secure {
		proto = "https"
	}
	dst = http2.AppendField(dst, "x-forwarded-proto", proto)
	text = strconv.AppendInt(text[:0], int64(h.cfg.Port), 10)
	return http2.AppendField(dst, "x-forwarded-port", text), text
}

// appendIP appends an address in the form of X-Forwarded-For: without brackets or
// zone.
func appendIP(dst []byte, ip netip.Addr) []byte {
	return ip.WithZone("").AppendTo(dst)
}
