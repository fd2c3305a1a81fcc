package exchange

import (
	"cmp"
	"errors"
	"strconv"

	"elbow/internal/http1"
)

// fail ends the exchange after a fault that nothing more was tried against.
func (x *Exchange) fail(f *Fault) {
	x.Record.Fault = f
	x.Record.Status = f.Status
	x.Via.part(false)
	switch {
	case x.headSent():
		// The client learns of it by the connection's end, short of the end
		// that the head promised, or as gRPC has it.
		x.Record.Status = x.Resp.Status
		x.Keep = false
		x.answer = x.answer.after(breakOff)
		if !x.call || !x.failCall(f) {
			x.client.BreakOff()
		}
	case f.Status == StatusClientGone:
		x.Keep = false
	default:
		// After an error of its own the client may not mean what it says next.
		x.Keep = f.Side != Client && x.Req.KeepAlive && x.unsent() && !x.From.Overflow && !x.From.Frontend.Draining.Load()
		if !x.call || !x.failCall(f) {
			x.answerHere(f.Status, "", reason(f))
		}
	}
}

// reason is what the client may know about f beyond the status: what is wrong
// with its own request.
func reason(f *Fault) string {
	var refused *http1.Error
	if f.Side == Client && errors.As(f.Err, &refused) {
		return refused.Reason
	}
	return ""
}

// unsent reports whether no byte of the request's body is still to come, so that
// the connection is usable although the exchange did not take its course.
func (x *Exchange) unsent() bool {
	switch {
	case x.Upload.Running:
		return false
	case x.Req.Framing == http1.Chunked:
		return false
	case x.Req.Length <= 0:
		return true
	}
	// Either it was sent with the head, or it must have come with it to be skipped.
	if missing := x.Req.Length - int64(x.In.N-x.HeadLen); missing > 0 {
		return false
	}
	x.In.Used = x.HeadLen + int(x.Req.Length)
	return true
}

// answerHere sends an answer of our own, the way that a backend's takes. location,
// if not empty, is where a redirect leads; note is added to the body. Whether
// the connection may be kept is settled.
func (x *Exchange) answerHere(status int, location, note string) {
	x.Record.Status = status
	x.member = -1 // no session begins with it
	x.back.Open()
	b := x.back.Buf.B
	to := HeadRoom + len(appendOwnBody(b[HeadRoom:HeadRoom], status, note))

	r := &x.Resp
	r.Reset()
	r.Status, r.Reason = status, []byte(statusText(status))
	r.Framing, r.Length = http1.Length, int64(to-HeadRoom)
	x.own("Content-Type", "text/plain; charset=utf-8")
	if location != "" {
		x.own("Location", location)
	}
	if status == 503 {
		x.own("Retry-After", retryAfter)
	}
	if status == 405 || status == 200 {
		x.own("Allow", allowed)
	}
	if string(x.Req.Method) == "HEAD" {
		r.Framing, to = http1.NoBody, HeadRoom
	}
	x.give(to)
}

// give sends the answer of our own that is in x.resp and, from headRoom to to, in
// x.back.
func (x *Exchange) give(to int) {
	f := x.client.Begin(x.Keep)
	if f == nil {
		f = x.client.Deliver(x.back.Buf.B, HeadRoom, to, true)
	}
	if f != nil {
		x.Keep = false
		x.Record.Fault = cmp.Or(x.Record.Fault, f)
	}
}

// retryAfter, in seconds, is when a client that was refused may try again (RFC
// 9110, 10.2.3): what is too much now is gone by then, or it is refused again as
// quickly.
const retryAfter = "1"

// own adds a field to an answer of our own.
func (x *Exchange) own(name, value string) {
	x.Resp.Fields = append(x.Resp.Fields, http1.Field{Name: []byte(name), Value: []byte(value)})
}

// appendOwnBody appends the body of an answer of our own.
func appendOwnBody(b []byte, status int, note string) []byte {
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(b, ' '), statusText(status)...)
	if note != "" {
		b = append(append(b, ": "...), note...)
	}
	return append(b, '\n')
}

// statusText is the reason phrase of the statuses that the proxy itself answers
// with (RFC 9110, 15).
func statusText(status int) string {
	switch status {
	case 200:
		return "OK"
	case 301:
		return "Moved Permanently"
	case 308:
		return "Permanent Redirect"
	case 400:
		return "Bad Request"
	case 405:
		return "Method Not Allowed"
	case 408:
		return "Request Timeout"
	case 414:
		return "URI Too Long"
	case 417:
		return "Expectation Failed"
	case 425:
		return "Too Early"
	case 431:
		return "Request Header Fields Too Large"
	case 501:
		return "Not Implemented"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	case 504:
		return "Gateway Timeout"
	case 505:
		return "HTTP Version Not Supported"
	}
	return "Error"
}
