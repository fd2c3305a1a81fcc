package exchange

import "elbow/internal/http1"

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
