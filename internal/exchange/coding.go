package exchange

import (
	"bytes"
	"errors"

	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
)

// A headCoding holds the encoding functions of a version of HTTP that compresses
// heads.
type headCoding struct {
	status func(dst []byte, status int) []byte
	field  func(dst, name, value []byte) []byte
	length func(dst []byte, n int64) []byte // Content-Length
}

var (
	HPACKHead = headCoding{http2.AppendStatus, http2.AppendField[[]byte, []byte], http2.AppendContentLength}
	QPACKHead = headCoding{http3.AppendStatus, http3.AppendField[[]byte, []byte], http3.AppendContentLength}
)

var (
	nameAltSvc       = []byte("alt-svc")
	nameCacheControl = []byte("cache-control")
	nameDate         = []byte("date")
	nameSetCookie    = []byte("set-cookie")
	valuePrivate     = []byte("private")
)

var errNotSwitched = errors.New("protocol not switched, but not refused either")

// AppendCoded appends the final response head for a client of HTTP/2 or HTTP/3, and
// decides how the body is framed.
func (x *Exchange) AppendCoded(out []byte, c *headCoding) ([]byte, *Fault) {
	r := &x.Resp
	if len(x.Req.Upgrade) > 0 && r.Status/100 == 2 {
		// Any 2xx answer to CONNECT means that the tunnel is established (RFC 8441, 5).
		return out, &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: errNotSwitched}
	}
	x.Framing = r.Framing
	out = c.status(out, r.Status)
	out, dated := x.AppendFields(out, c)
	if !dated {
		out = c.field(out, nameDate, x.From.date.value())
	}
	var private bool
	if x.session.cookie, private = x.session.appendSetCookie(x.session.cookie[:0], x.assigned.member, x.Req.Method, &x.Resp); len(x.session.cookie) > 0 {
		out = c.field(out, nameSetCookie, x.session.cookie)
	}
	if private {
		out = c.field(out, nameCacheControl, valuePrivate)
	}
	if alt := x.altSvc(); len(alt) > 0 {
		out = c.field(out, nameAltSvc, alt)
	}
	if r.Length >= 0 && r.Framing != http1.UntilClose && r.Framing != http1.Chunked {
		out = c.length(out, r.Length)
	}
	return out, nil
}

// AppendFields appends the fields of the answer that are forwarded to the client, and
// reports whether Date is among them.
func (x *Exchange) AppendFields(out []byte, c *headCoding) (_ []byte, dated bool) {
	for i := range x.Resp.Fields {
		f := &x.Resp.Fields[i]
		if f.Hop {
			continue
		}
		switch f.ID {
		case http1.Date:
			dated = true
		case http1.SetCookie:
			if x.session.sticky != nil {
				x.session.cookie = x.session.sticky.RewriteSetCookie(x.session.cookie[:0], f.Value, x.assigned.member)
				out = c.field(out, nameSetCookie, x.session.cookie)
				continue
			}
		}
		out = c.field(out, f.Name, f.Value)
	}
	return out, dated
}

// AppendTrailers appends a trailer section given as lines.
func (c *headCoding) AppendTrailers(dst, lines []byte) []byte {
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(":"))
		dst = c.field(dst, name, bytes.Trim(value, " \t"))
	}
	return dst
}

// altSvc returns the value of the Alt-Svc field that advertises HTTP/3 (RFC 9114,
// 3.1.1). It is nil if HTTP/3 is not served, if the client already uses it, or if the
// backend sends an Alt-Svc of its own.
func (x *Exchange) altSvc() []byte {
	f := x.From.Frontend
	if f.AltSvc == nil || x.From.Remote != nil || !f.ServesHTTP3.Load() || f.Draining.Load() {
		return nil
	}
	for i := range x.Resp.Fields {
		if isNamed(&x.Resp.Fields[i], "alt-svc") {
			return nil
		}
	}
	return f.AltSvc
}
