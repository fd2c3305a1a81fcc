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
		return true, x.noMemory()
	case x.Req.Form == http1.Authority:
		return true, &Fault{Side: Client, Op: OpHead, Status: 405, Err: errConnect}
	case x.cfg.RedirectPort != 0:
		return true, x.redirect()
	}
	if x.framed && len(x.Req.Upgrade) > 0 {
		if !x.Plain {
			return true, &Fault{Side: Client, Op: OpHead, Status: 501, Err: errNoTunnel}
		}
		x.Req.Upgrade = nil // a server may ignore it (RFC 9110, 7.8)
	}
	ends, f := x.countHop()
	if ends {
		return true, x.lastHop()
	}
	return f != nil, f
}

// redirect redirects the client to the same URI on https (decisions,
// CreateLoadBalancerHTTPSListener 7). The host is valid: http1 has checked it.
func (x *Exchange) redirect() *Fault {
	host := withoutPort(x.Req.Authority)
	if len(host) == 0 {
		return &Fault{Side: Client, Op: OpHead, Status: 400, Err: errNoHost}
	}
	location := append([]byte("https://"), host...)
	if x.cfg.RedirectPort != 443 {
		location = append(location, ':')
		location = strconv.AppendInt(location, int64(x.cfg.RedirectPort), 10)
	}
	if x.Req.Form == http1.Asterisk {
		location = append(location, '/')
	} else {
		location = append(location, x.Req.Path...)
	}
	status := 308 // keeps method and body, unlike 301 in practice
	if m := string(x.Req.Method); m == "GET" || m == "HEAD" {
		status = 301
	}
	x.Keep = x.mayKeep()
	x.answerHere(status, string(location), "")
	return nil
}

// withoutPort removes the port from a valid authority.
func withoutPort(authority []byte) []byte {
	if i := bytes.LastIndexByte(authority, ':'); i > bytes.LastIndexByte(authority, ']') {
		return authority[:i]
	}
	return authority
}

// noMemory returns the Fault of a request refused because of memory shortage.
func (x *Exchange) noMemory() *Fault {
	x.From.Frontend.RefuseMemory()
	return &Fault{Side: Self, Op: OpHead, Status: 503, Err: overload.ErrMemory}
}
