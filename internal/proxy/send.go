package proxy

import "elbow/internal/http1"

// send sends the request: its head and what of the body has come with it in
// one write. If more of the body is to come, an upload passes it on while the
// answer is awaited, because a backend may answer before it has read it all.
func (x *exchange) send() *Fault {
	whole, f := x.via.send()
	if f != nil {
		return f
	}
	if !whole {
		x.upload.start(x)
	}
	return nil
}

// bodyRead reports whether the request has been read to its end, so that what
// comes next from the client is another request.
func (x *exchange) bodyRead() bool { return !x.upload.running || x.upload.complete.Load() }

// again reports whether the request may be sent once more without harm
// although a backend may have seen it (RFC 9110, 9.2.2): idempotent and without
// a body, or the end of one, that is still to come.
func (x *exchange) again() bool {
	if x.upload.running || x.req.Framing == http1.Chunked || x.req.Length > 0 || len(x.req.Upgrade) > 0 {
		return false
	}
	switch string(x.req.Method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
