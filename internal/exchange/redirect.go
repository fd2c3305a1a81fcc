package exchange

import (
	"bytes"
	"errors"
	"strconv"

	"elbow/internal/http1"
)

var errNoHost = errors.New("no host to redirect to")

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
