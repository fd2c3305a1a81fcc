package exchange

import (
	"bytes"
	"time"

	"elbow/internal/http1"
)

// A Request is a request as its client has sent it, and what follows from that.
type Request struct {
	http1.Request      // slices of the intake
	call          bool // it is a gRPC call
	framed        bool // it is forwarded over HTTP/2
	duplex        bool // it is framed, and either side may be silent for long
}

// BodilessMethod reports whether requests with this method usually have no body.
func BodilessMethod(method []byte) bool {
	switch string(method) {
	case "GET", "HEAD", "OPTIONS", "DELETE", "TRACE":
		return true
	case "COPY", "MOVE", "MKCOL", "UNLOCK": // Apache refuses an MKCOL in chunks
		return true
	}
	return false
}

// WholeBody sets the framing of a request that came without a length and whose body of
// n bytes has arrived completely, so that the backend gets a Content-Length. An empty
// body of a method that usually has none is treated as no body.
func (r *Request) WholeBody(n int64) {
	if n == 0 && BodilessMethod(r.Method) {
		r.Framing = http1.NoBody
		return
	}
	r.Framing, r.Length = http1.Length, n
}

// announceEmpty sets a length of 0 on a request whose method anticipates content but
// which has none (RFC 9110, 8.6): HTTP/2 and HTTP/3 need no length, but HTTP/1.1
// backends answer 411 to a POST without one.
func (r *Request) announceEmpty() {
	if r.Framing != http1.NoBody || len(r.Upgrade) > 0 {
		return
	}
	switch string(r.Method) {
	case "POST", "PUT", "PATCH", "ACL", "LOCK", "PROPFIND", "PROPPATCH", "QUERY", "REPORT", "SEARCH":
		r.Framing, r.Length = http1.Length, 0
	}
}

// repeatable reports whether the request may safely be sent again although a backend may
// have processed it (RFC 9110, 9.2.2): it is idempotent and has no body.
func (r *Request) repeatable() bool {
	if r.Framing == http1.Chunked || r.Length > 0 || len(r.Upgrade) > 0 {
		return false
	}
	switch string(r.Method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

// isCall reports whether method and media type are those of gRPC: application/grpc,
// alone or with a format (+proto) or parameters. application/grpc-web is another
// protocol, made for HTTP/1.1. It does not check that the client speaks HTTP/2 or HTTP/3, as
// gRPC requires.
func (r *Request) isCall() bool {
	format, ok := r.postOf(callType)
	return ok && (len(format) == 0 || format[0] == '+' || format[0] == ';')
}

// isStream reports whether the request is a Connect stream, in which both sides may be
// silent for as long as in a gRPC stream. Its answer is an ordinary HTTP answer.
func (r *Request) isStream() bool {
	_, ok := r.postOf(streamType)
	return ok
}

// postOf reports whether the request is a POST whose media type begins with mediaType,
// and returns the rest of the type.
func (r *Request) postOf(mediaType []byte) (rest []byte, ok bool) {
	if string(r.Method) != "POST" {
		return nil, false
	}
	for i := range r.Fields {
		if f := &r.Fields[i]; f.ID == http1.ContentType {
			n := len(mediaType)
			if len(f.Value) < n || !bytes.EqualFold(f.Value[:n], mediaType) {
				return nil, false
			}
			return f.Value[n:], true
		}
	}
	return nil, false
}

// saysLength reports whether the client has announced the length of the body. A length
// that only the proxy knows is not added to a call.
func (r *Request) saysLength() bool {
	for i := range r.Fields {
		if r.Fields[i].ID == http1.ContentLength {
			return true
		}
	}
	return false
}

// BodyPatience returns how long the client may send nothing of the body. A client that
// only reads from a stream may be silent for as long as the backend side of the stream
// lasts; b2 limits that.
func (r *Request) BodyPatience(limits *Limits) time.Duration {
	if r.duplex {
		return Forever
	}
	return limits.BodyTimeout
}

// Quiet reports whether a client that sends nothing of the request may be waiting for
// the backend: in a call it may answer messages, and with Expect it waits for 100
// (Continue).
func (r *Request) Quiet() bool { return r.call || r.Expect100 }

// AnnouncesTrailers reports whether the answer resp has a Trailer field and may have come
// with a body of known length, as over HTTP/2.
func (r *Request) AnnouncesTrailers(resp *http1.Response) bool {
	if !r.framed || r.Minor == 0 {
		return false
	}
	for i := range resp.Fields {
		if f := &resp.Fields[i]; f.ID == http1.Trailer && len(f.Value) > 0 {
			return true
		}
	}
	return false
}
