package exchange

import "elbow/internal/http1"

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
func (x *Exchange) WholeBody(n int64) {
	if n == 0 && BodilessMethod(x.Req.Method) {
		x.Req.Framing = http1.NoBody
		return
	}
	x.Req.Framing, x.Req.Length = http1.Length, n
}

// announceEmpty sets a length of 0 on a request whose method anticipates content but
// which has none (RFC 9110, 8.6): HTTP/2 and HTTP/3 need no length, but HTTP/1.1
// backends answer 411 to a POST without one.
func (x *Exchange) announceEmpty() {
	r := &x.Req
	if r.Framing != http1.NoBody || len(r.Upgrade) > 0 {
		return
	}
	switch string(r.Method) {
	case "POST", "PUT", "PATCH", "ACL", "LOCK", "PROPFIND", "PROPPATCH", "QUERY", "REPORT", "SEARCH":
		r.Framing, r.Length = http1.Length, 0
	}
}

// bodyRead reports whether the request has been read to its end, so that the next
// bytes of the client are another request.
func (x *Exchange) bodyRead() bool { return !x.Upload.Running || x.Upload.Complete.Load() }

// again reports whether the request may safely be sent again although a backend may
// have processed it (RFC 9110, 9.2.2): it is idempotent and no part of a body, not
// even its end, is outstanding.
func (x *Exchange) again() bool {
	if x.Upload.Running || x.Req.Framing == http1.Chunked || x.Req.Length > 0 || len(x.Req.Upgrade) > 0 {
		return false
	}
	switch string(x.Req.Method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
