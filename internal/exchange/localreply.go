package exchange

import (
	"errors"
	"strconv"

	"elbow/internal/http1"
	"elbow/internal/overload"
)

var (
	ErrOverflow = errors.New("too many connections")
	errConnect  = errors.New("CONNECT to a reverse proxy")
	errNoTunnel = errors.New("WebSocket to backends of HTTP/2 is not supported")
)

// answerLocally answers requests that need no backend, and reports whether it did.
func (x *Exchange) answerLocally() (answered bool, f *Fault) {
	switch {
	case x.From.Overflow:
		// HTTP/2 and HTTP/3 clients are asked to leave only once an answer is being sent:
		// a client that is asked earlier opens the next connection instead of waiting.
		x.client.Retire()
		return true, &Fault{Side: Self, Op: OpHead, Status: 503, Err: ErrOverflow}
	case x.From.Budget.Full():
		x.From.Frontend.RefuseMemory()
		return true, &Fault{Side: Self, Op: OpHead, Status: 503, Err: overload.ErrMemory}
	case x.Req.Form == http1.Authority:
		return true, &Fault{Side: Client, Op: OpHead, Status: 405, Err: errConnect}
	case x.cfg.RedirectPort != 0:
		answer, f := x.Req.redirect(x.cfg.RedirectPort)
		if f == nil {
			x.Keep = x.mayKeep()
			x.reply(answer)
		}
		return true, f
	}
	if x.Req.framed && len(x.Req.Upgrade) > 0 {
		if !x.Plain {
			return true, &Fault{Side: Client, Op: OpHead, Status: 501, Err: errNoTunnel}
		}
		x.Req.Upgrade = nil // a server may ignore it (RFC 9110, 7.8)
	}
	ends, f := x.Req.countHop()
	switch {
	case f != nil:
		return true, f
	case ends && string(x.Req.Method) == "TRACE":
		return true, &Fault{Side: Client, Op: OpHead, Status: 405, Err: errLastHop}
	case ends:
		x.Keep = x.mayKeep()
		x.reply(localReply{status: 200})
		return true, nil
	}
	return false, nil
}

// A localReply is an answer that the proxy generates itself.
type localReply struct {
	status   int
	location string // target of a redirect; "": none
	note     string // added to the body
}

// retryAfter is the Retry-After value in seconds of a refusal (RFC 9110, 10.2.3). A
// burst is over within a second; if it is not, the next request is refused at the same
// low cost.
const retryAfter = "1"

// allowed is the Allow value of generated answers (RFC 9110, 10.2.1).
const allowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"

// compose makes l the answer r to a request with the given method. Its body is in back,
// from HeadRoom to the offset that it returns.
func (l *localReply) compose(r *http1.Response, back *flow, method []byte) (to int) {
	back.Open()
	to = HeadRoom + len(l.appendBody(back.Buf.B[HeadRoom:HeadRoom]))

	r.Reset()
	r.Status, r.Reason = l.status, []byte(statusText(l.status))
	r.Framing, r.Length = http1.Length, int64(to-HeadRoom)
	own := func(name, value string) {
		r.Fields = append(r.Fields, http1.Field{Name: []byte(name), Value: []byte(value)})
	}
	own("Content-Type", "text/plain; charset=utf-8")
	if l.location != "" {
		own("Location", l.location)
	}
	if l.status == 503 {
		own("Retry-After", retryAfter)
	}
	if l.status == 405 || l.status == 200 {
		own("Allow", allowed)
	}
	if string(method) == "HEAD" {
		r.Framing, to = http1.NoBody, HeadRoom
	}
	return to
}

// appendBody appends the body.
func (l *localReply) appendBody(b []byte) []byte {
	b = strconv.AppendInt(b, int64(l.status), 10)
	b = append(append(b, ' '), statusText(l.status)...)
	if l.note != "" {
		b = append(append(b, ": "...), l.note...)
	}
	return append(b, '\n')
}

// statusText returns the reason phrase of a status that the proxy generates (RFC 9110,
// 15).
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
