package exchange

import "elbow/internal/http1"

// BodilessMethod reports whether requests with this method have no body, as a rule.
func BodilessMethod(method []byte) bool {
	switch string(method) {
	case "GET", "HEAD", "OPTIONS", "DELETE", "TRACE":
		return true
	case "COPY", "MOVE", "MKCOL", "UNLOCK": // Apache refuses an MKCOL in chunks
		return true
	}
	return false
}

// WholeBody settles the framing of a request that came without a length and of
// whose body all n bytes are there: the backend can be told. An empty one of a
// method without a body is none at all.
func (x *Exchange) WholeBody(n int64) {
	if n == 0 && BodilessMethod(x.Req.Method) {
		x.Req.Framing = http1.NoBody
		return
	}
	x.Req.Framing, x.Req.Length = http1.Length, n
}

// announceEmpty gives a request whose method anticipates content, but which has
// none, a length of 0 (RFC 9110, 8.6): HTTP/2 and HTTP/3 do without, but backends
// of HTTP/1.1 answer 411 to a POST that says nothing of it.
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

// bodyRead reports whether the request has been read to its end, so that what
// comes next from the client is another request.
func (x *Exchange) bodyRead() bool { return !x.Upload.Running || x.Upload.Complete.Load() }

// again reports whether the request may be sent once more without harm
// although a backend may have seen it (RFC 9110, 9.2.2): idempotent and without
// a body, or the end of one, that is still to come.
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
