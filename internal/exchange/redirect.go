package exchange

import (
	"bytes"
	"errors"
	"strconv"

	"elbow/internal/http1"
	"elbow/internal/overload"
)

var (
	ErrOverflow = errors.New("too many connections")
	errConnect  = errors.New("CONNECT to a reverse proxy")
	errNoHost   = errors.New("no host to redirect to")
	errNoTunnel = errors.New("WebSocket to backends of HTTP/2 is not supported")
)

// local answers requests that need no backend, and reports whether it did.
func (x *Exchange) local() (answered bool, f *Fault) {
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

// redirect returns the redirect to the same URI on https at the given port (decisions,
// CreateLoadBalancerHTTPSListener 7). The host is valid: http1 has checked it.
func (r *Request) redirect(port int) (localReply, *Fault) {
	host := withoutPort(r.Authority)
	if len(host) == 0 {
		return localReply{}, &Fault{Side: Client, Op: OpHead, Status: 400, Err: errNoHost}
	}
	location := append([]byte("https://"), host...)
	if port != 443 {
		location = append(location, ':')
		location = strconv.AppendInt(location, int64(port), 10)
	}
	if r.Form == http1.Asterisk {
		location = append(location, '/')
	} else {
		location = append(location, r.Path...)
	}
	status := 308 // keeps method and body, unlike 301 in practice
	if m := string(r.Method); m == "GET" || m == "HEAD" {
		status = 301
	}
	return localReply{status: status, location: string(location)}, nil
}

// withoutPort removes the port from a valid authority.
func withoutPort(authority []byte) []byte {
	if i := bytes.LastIndexByte(authority, ':'); i > bytes.LastIndexByte(authority, ']') {
		return authority[:i]
	}
	return authority
}
