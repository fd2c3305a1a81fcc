package exchange

import (
	"errors"

	"elbow/internal/http1"
)

// A ResponseHead writes the head of an answer as the client gets it.
type ResponseHead struct {
	resp    *http1.Response
	req     *Request
	from    *Origin
	session *session
	member  int           // of the session; -1: none
	framing http1.Framing // of the answer to the client, over HTTP/1.1
	keep    bool          // the connection may carry another request, over HTTP/1.1
}

// ResponseHead returns the writer of the head of x.Resp, for a client that gets the answer
// as x.Framing and x.Keep say.
func (x *Exchange) ResponseHead() ResponseHead {
	return ResponseHead{&x.Resp, &x.Req, x.From, &x.session, x.assigned.member, x.Framing, x.Keep}
}

// AppendFinal appends the final head for a client that speaks HTTP/1.1.
func (h *ResponseHead) AppendFinal(dst []byte) []byte {
	r := h.resp
	dst = http1.AppendStatusLine(dst, r.Status, r.Reason)
	dated := false
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Hop && !(f.ID == http1.Upgrade && h.mustUpgrade()) {
			continue
		}
		switch f.ID {
		case http1.Date:
			dated = true
		case http1.SetCookie:
			if h.session.sticky != nil {
				dst = append(dst, "Set-Cookie: "...)
				dst = h.session.sticky.RewriteSetCookie(dst, f.Value, h.member)
				dst = append(dst, "\r\n"...)
				continue
			}
		}
		dst = http1.AppendField(dst, f.Name, f.Value)
	}
	if !dated {
		dst = h.from.date.appendField(dst)
	}
	dst = h.appendSession(dst)
	if alt := h.altSvc(); len(alt) > 0 {
		dst = http1.AppendField(dst, "Alt-Svc", alt)
	}
	// A length is sent even where no body follows: it is the length that the body would
	// have.
	dst = http1.AppendFraming(dst, h.framing, r.Length)
	dst = h.appendConnection(dst)
	return append(dst, "\r\n"...)
}

// appendSession appends the Set-Cookie field of a sticky session.
func (h *ResponseHead) appendSession(dst []byte) []byte {
	before := len(dst)
	dst = append(dst, "Set-Cookie: "...)
	named := len(dst)
	dst, private := h.session.appendSetCookie(dst, h.member, h.req.Method, h.resp)
	if len(dst) == named {
		return dst[:before]
	}
	if private {
		dst = append(dst, "\r\nCache-Control: private"...)
	}
	return append(dst, "\r\n"...)
}

// mustUpgrade reports whether the answer names the protocols that a client must ask
// for (RFC 9110, 15.5.22) and the client knows Upgrade. In any other answer the field
// describes the backend's own connection and is removed.
func (h *ResponseHead) mustUpgrade() bool { return h.resp.Status == 426 && h.req.Minor > 0 }

// appendConnection appends the Connection field if the protocol version does not imply
// the state of the connection.
func (h *ResponseHead) appendConnection(dst []byte) []byte {
	switch {
	case h.mustUpgrade() && !h.keep:
		return append(dst, "Connection: Upgrade, close\r\n"...)
	case h.mustUpgrade():
		return append(dst, "Connection: Upgrade\r\n"...)
	case !h.keep:
		return append(dst, "Connection: close\r\n"...)
	case h.req.Minor == 0:
		return append(dst, "Connection: keep-alive\r\n"...)
	}
	return dst
}

// AppendInterim appends a 1xx head for a client that speaks HTTP/1.1.
func (h *ResponseHead) AppendInterim(dst []byte) []byte {
	r := h.resp
	dst = http1.AppendStatusLine(dst, r.Status, r.Reason)
	dst = http1.AppendFields(dst, r.Fields)
	dst = appendUpgrade(dst, r.Upgrade)
	return append(dst, "\r\n"...)
}

// appendUpgrade appends the fields that request, or accept, another protocol.
func appendUpgrade(dst, protocol []byte) []byte {
	if len(protocol) == 0 {
		return dst
	}
	dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
	dst = append(dst, protocol...)
	return append(dst, "\r\n"...)
}

var (
	nameAltSvc       = []byte("alt-svc")
	nameCacheControl = []byte("cache-control")
	nameDate         = []byte("date")
	nameSetCookie    = []byte("set-cookie")
	valuePrivate     = []byte("private")
)

var errNotSwitched = errors.New("protocol not switched, but not refused either")

// AppendCoded appends the final head for a client of HTTP/2 or HTTP/3.
func (h *ResponseHead) AppendCoded(out []byte, c *headCoding) ([]byte, *Fault) {
	r := h.resp
	if len(h.req.Upgrade) > 0 && r.Status/100 == 2 {
		// Any 2xx answer to CONNECT means that the tunnel is established (RFC 8441, 5).
		return out, &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: errNotSwitched}
	}
	out = c.status(out, r.Status)
	out, dated := h.AppendFields(out, c)
	if !dated {
		out = c.field(out, nameDate, h.from.date.value())
	}
	cookie, private := h.session.appendSetCookie(h.session.cookie[:0], h.member, h.req.Method, r)
	if h.session.cookie = cookie; len(cookie) > 0 {
		out = c.field(out, nameSetCookie, cookie)
	}
	if private {
		out = c.field(out, nameCacheControl, valuePrivate)
	}
	if alt := h.altSvc(); len(alt) > 0 {
		out = c.field(out, nameAltSvc, alt)
	}
	if r.Length >= 0 && r.Framing != http1.UntilClose && r.Framing != http1.Chunked {
		out = c.length(out, r.Length)
	}
	return out, nil
}

// AppendFields appends the fields of the answer that are forwarded to the client, and
// reports whether Date is among them.
func (h *ResponseHead) AppendFields(out []byte, c *headCoding) (_ []byte, dated bool) {
	for i := range h.resp.Fields {
		f := &h.resp.Fields[i]
		if f.Hop {
			continue
		}
		switch f.ID {
		case http1.Date:
			dated = true
		case http1.SetCookie:
			if s := h.session; s.sticky != nil {
				s.cookie = s.sticky.RewriteSetCookie(s.cookie[:0], f.Value, h.member)
				out = c.field(out, nameSetCookie, s.cookie)
				continue
			}
		}
		out = c.field(out, f.Name, f.Value)
	}
	return out, dated
}

// altSvc returns the value of the Alt-Svc field that advertises HTTP/3 (RFC 9114,
// 3.1.1). It is nil if HTTP/3 is not served, if the client already uses it, or if the
// backend sends an Alt-Svc of its own.
func (h *ResponseHead) altSvc() []byte {
	f := h.from.Frontend
	if f.AltSvc == nil || h.from.Remote != nil || !f.ServesHTTP3.Load() || f.Draining.Load() {
		return nil
	}
	for i := range h.resp.Fields {
		if isNamed(&h.resp.Fields[i], "alt-svc") {
			return nil
		}
	}
	return f.AltSvc
}
