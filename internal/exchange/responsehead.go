package exchange

import (
	"net/netip"
	"strconv"

	"elbow/internal/http1"
)

// Heads are always serialized from the parsed form, never copied. So input that a
// parser downstream might read differently does not pass this file.

// appendRequest appends the request head for an HTTP/1.1 backend.
func (x *Exchange) appendRequest(dst []byte) []byte {
	r := &x.Req
	dst = http1.AppendRequestLine(dst, r.Method, r.Path)
	dst = append(dst, "Host: "...)
	dst = x.appendHost(dst)
	dst = append(dst, "\r\n"...)
	for i := range r.Fields {
		if f := &r.Fields[i]; x.passes(f) {
			dst = http1.AppendField(dst, f.Name, f.Value)
		}
	}
	if len(x.session.cookie) > 0 {
		dst = append(dst, "Cookie: "...)
		dst = append(dst, x.session.cookie...)
		dst = append(dst, "\r\n"...)
	}
	dst = x.appendForwarded(dst)
	dst = appendUpgrade(dst, r.Upgrade)
	if x.call {
		dst = append(dst, "Connection: TE\r\nTE: trailers\r\n"...) // gRPC sends its status there
	}
	dst = http1.AppendFraming(dst, r.Framing, r.Length)
	return append(dst, "\r\n"...)
}

// passes reports whether a field of the request is forwarded to the backend unchanged.
func (x *Exchange) passes(f *http1.Field) bool {
	if f.Hop {
		return false
	}
	switch f.ID {
	case http1.Host, http1.XForwardedProto, http1.XForwardedPort:
		return false // written by the proxy
	case http1.XForwardedFor:
		return x.cfg.KeepForwardedFor
	case http1.Expect:
		return x.Req.Expect100
	case http1.Cookie:
		return x.session.sticky == nil // otherwise recall has removed the session cookie
	}
	return true
}

// appendHost appends the authority of the request. Only HTTP/1.0 may omit it; the
// backend then gets the address that the client connected to.
func (x *Exchange) appendHost(dst []byte) []byte {
	if len(x.Req.Authority) > 0 {
		return append(dst, x.Req.Authority...)
	}
	return x.From.Frontend.Addr.AppendTo(dst)
}

// appendForwarded appends the X-Forwarded fields: the client is appended to For; Proto
// and Port are always the proxy's own (decisions, Data plane 9).
func (x *Exchange) appendForwarded(dst []byte) []byte {
	if !x.cfg.KeepForwardedFor {
		dst = append(dst, "X-Forwarded-For: "...)
		dst = x.appendClients(dst)
		dst = append(dst, "\r\n"...)
	}
	if x.From.Frontend.Secure {
		dst = append(dst, "X-Forwarded-Proto: https\r\nX-Forwarded-Port: "...)
	} else {
		dst = append(dst, "X-Forwarded-Proto: http\r\nX-Forwarded-Port: "...)
	}
	dst = strconv.AppendInt(dst, int64(x.cfg.Port), 10)
	return append(dst, "\r\n"...)
}

// appendClients appends the value of X-Forwarded-For.
func (x *Exchange) appendClients(dst []byte) []byte {
	for i := range x.Req.Fields {
		if f := &x.Req.Fields[i]; f.ID == http1.XForwardedFor && len(f.Value) > 0 {
			dst = append(dst, f.Value...)
			dst = append(dst, ", "...)
		}
	}
	return appendIP(dst, x.From.Addr().Addr())
}

// AppendResponse appends the final response head for an HTTP/1.1 client.
func (x *Exchange) AppendResponse(dst []byte) []byte {
	r := &x.Resp
	dst = http1.AppendStatusLine(dst, r.Status, r.Reason)
	dated := false
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Hop && !(f.ID == http1.Upgrade && x.mustUpgrade()) {
			continue
		}
		switch f.ID {
		case http1.Date:
			dated = true
		case http1.SetCookie:
			if x.session.sticky != nil {
				dst = append(dst, "Set-Cookie: "...)
				dst = x.session.sticky.RewriteSetCookie(dst, f.Value, x.assigned.member)
				dst = append(dst, "\r\n"...)
				continue
			}
		}
		dst = http1.AppendField(dst, f.Name, f.Value)
	}
	if !dated {
		dst = x.From.date.appendField(dst)
	}
	dst = x.appendSession(dst)
	if alt := x.altSvc(); len(alt) > 0 {
		dst = http1.AppendField(dst, "Alt-Svc", alt)
	}
	// A length is sent even where no body follows: it is the length that the body would
	// have.
	dst = http1.AppendFraming(dst, x.Framing, r.Length)
	dst = x.appendConnection(dst)
	return append(dst, "\r\n"...)
}

// appendSession appends the Set-Cookie field of a sticky session.
func (x *Exchange) appendSession(dst []byte) []byte {
	before := len(dst)
	dst = append(dst, "Set-Cookie: "...)
	named := len(dst)
	dst, private := x.session.appendSetCookie(dst, x.assigned.member, x.Req.Method, &x.Resp)
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
func (x *Exchange) mustUpgrade() bool { return x.Resp.Status == 426 && x.Req.Minor > 0 }

// appendConnection appends the Connection field if the protocol version does not imply
// the state of the connection.
func (x *Exchange) appendConnection(dst []byte) []byte {
	switch {
	case x.mustUpgrade() && !x.Keep:
		return append(dst, "Connection: Upgrade, close\r\n"...)
	case x.mustUpgrade():
		return append(dst, "Connection: Upgrade\r\n"...)
	case !x.Keep:
		return append(dst, "Connection: close\r\n"...)
	case x.Req.Minor == 0:
		return append(dst, "Connection: keep-alive\r\n"...)
	}
	return dst
}

// AppendInterim appends a 1xx head for the client.
func (x *Exchange) AppendInterim(dst []byte) []byte {
	r := &x.Resp
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

// appendIP appends an address in the form of X-Forwarded-For: without brackets or
// zone.
func appendIP(dst []byte, ip netip.Addr) []byte {
	return ip.WithZone("").AppendTo(dst)
}

// AnnouncesTrailers reports whether an answer that came over HTTP/2, where trailers
// may follow a body of known length, has a Trailer field.
func (x *Exchange) AnnouncesTrailers() bool {
	if !x.framed || x.Req.Minor == 0 {
		return false
	}
	for i := range x.Resp.Fields {
		if f := &x.Resp.Fields[i]; f.ID == http1.Trailer && len(f.Value) > 0 {
			return true
		}
	}
	return false
}
