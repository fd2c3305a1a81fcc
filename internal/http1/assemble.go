package http1

import "bytes"

// This file builds messages that did not arrive as HTTP/1.1 text. The fields of
// HTTP/2 and HTTP/3 follow the same rules and some more (RFC 9113, 8.2 and 8.3;
// RFC 9114, 4.2 and 4.3), so that a request which arrived that way can be written
// as HTTP/1.1 with the same meaning.

// A Start holds the pseudo-header fields that replace the request line in HTTP/2
// and HTTP/3 (RFC 9113, 8.3.1, and RFC 8441, 4 for the protocol). nil: not sent.
type Start struct {
	Method, Scheme, Authority, Path, Protocol []byte
}

// Add appends a field to the head of r. Assemble must follow the last one. Any
// error is an *Error. One with Status 400 makes the request malformed.
func (r *Request) Add(name, value []byte) error {
	if err := checkField(name, value); err != nil {
		return err
	}
	if id := lookup(name); id.ofConnection() || id == TE && !equalFold(value, "trailers") {
		return ErrConnectionField
	}
	return r.add(name, value)
}

// Add appends a field to the head of r. Assemble must follow the last one.
func (r *Response) Add(name, value []byte) error {
	if err := checkField(name, value); err != nil {
		return err
	}
	if lookup(name).ofConnection() {
		return ErrConnectionField
	}
	return r.add(name, value)
}

// ofConnection reports whether a field is specific to an HTTP/1.1 connection, so
// that messages of HTTP/2 and HTTP/3 must not have it (RFC 9113, 8.2.2).
func (id FieldID) ofConnection() bool {
	switch id {
	case Connection, KeepAlive, ProxyConnection, TransferEncoding, Upgrade:
		return true
	}
	return false
}

// checkField checks the syntax of a field (RFC 9113, 8.2.1).
func checkField(name, value []byte) error {
	if len(name) == 0 {
		return ErrNameEmpty
	}
	for _, c := range name {
		if classes[c]&tokenChar == 0 || 'A' <= c && c <= 'Z' {
			return ErrName
		}
	}
	if skipValue(value, 0) != len(value) || len(trim(value)) != len(value) {
		return ErrValue
	}
	return nil
}

// Assemble completes the request r after all fields have been added. ended says
// that no body follows; a body without a length becomes Chunked. An extended
// CONNECT for a WebSocket becomes the equivalent GET with Upgrade (RFC 8441, 5).
func (r *Request) Assemble(s Start, ended bool) error {
	r.Minor, r.Method = 1, s.Method
	if err := r.assembleMethod(&s); err != nil {
		return err
	}
	if err := r.assembleTarget(&s); err != nil {
		return err
	}
	if err := r.conclude(); err != nil {
		return err
	}
	if r.said.otherwise {
		return ErrExpect
	}
	r.KeepAlive, r.Expect100 = true, r.said.expect
	switch {
	case s.Protocol != nil:
		if r.Framing != NoBody {
			return ErrConnectionField // the bytes that follow belong to the other protocol
		}
		r.Method, r.Upgrade = []byte("GET"), s.Protocol
	case ended && r.Length > 0:
		return ErrLengthWrong
	case !ended && r.Framing == NoBody:
		r.Framing = Chunked
	}
	return nil
}

// Assemble completes the response r with this status after all fields have been
// added. toHead says that the request was a HEAD, ended that no body follows; a
// body without a length becomes Chunked.
func (r *Response) Assemble(status []byte, toHead, ended bool) error {
	if len(status) != 3 || classes[status[0]]&classes[status[1]]&classes[status[2]]&digitChar == 0 || status[0] == '0' {
		return ErrStatus
	}
	r.Minor, r.Status = 1, int(status[0]-'0')*100+int(status[1]-'0')*10+int(status[2]-'0')
	err := r.conclude()
	r.KeepAlive = true
	switch {
	case r.Status == 101, r.Status < 200 && ended:
		return ErrStatus // RFC 9113, 8.1 and 8.6
	case r.bodiless(toHead):
		r.withoutBody(err)
	case err != nil:
		return err
	case ended && r.Length > 0:
		return ErrLengthWrong
	case !ended && r.Framing == NoBody:
		r.Framing = Chunked
	}
	return nil
}

func (r *Request) assembleMethod(s *Start) error {
	m := s.Method
	switch {
	case len(m) == 0 || skip(m, 0, tokenChar) != len(m):
		return ErrMethod
	case len(m) > maxMethodBytes:
		return ErrMethodLength
	case s.Protocol == nil:
		return nil
	case string(m) != "CONNECT":
		return ErrTargetForm
	case string(s.Protocol) != "websocket":
		return ErrProtocol
	}
	return nil
}

// assembleTarget derives path and authority of the request.
func (r *Request) assembleTarget(s *Start) error {
	h := &r.said
	r.Path, r.Authority = s.Path, s.Authority
	if s.Authority == nil {
		r.Authority = h.host
	}
	switch {
	case h.hosts > 1:
		return ErrHostTwice
	case len(r.Authority) == 0:
		return ErrHostMissing
	case !validAuthority(r.Authority):
		return ErrHost
	case h.hosts == 1 && !sameAuthority(r.Authority, h.host, s.Scheme):
		return ErrHost // else the backend would not know which one applies
	}
	if string(s.Method) == "CONNECT" && s.Protocol == nil {
		r.Form = Authority
		if s.Scheme != nil || s.Path != nil || bytes.LastIndexByte(r.Authority, ':') < 0 {
			return ErrTargetForm
		}
		return nil
	}
	if !equalFold(s.Scheme, "https") && !equalFold(s.Scheme, "http") {
		return ErrScheme
	}
	return r.assemblePath()
}

// sameAuthority reports whether two valid authorities are equivalent under the
// scheme: letters in either case, and the scheme's default port or none (RFC
// 9110, 4.2.3).
func sameAuthority(a, b, scheme []byte) bool {
	port := ":443"
	if equalFold(scheme, "http") {
		port = ":80"
	}
	return foldsTo(withoutDefaultPort(a, port), withoutDefaultPort(b, port))
}

// withoutDefaultPort removes an empty port, and one equal to port, which begins
// with its colon. Leading zeros are ignored.
func withoutDefaultPort(authority []byte, port string) []byte {
	i := bytes.LastIndexByte(authority, ':')
	if i < 0 || i < bytes.LastIndexByte(authority, ']') {
		return authority
	}
	digits := bytes.TrimLeft(authority[i+1:], "0")
	if i+1 == len(authority) || string(digits) == port[1:] {
		return authority[:i]
	}
	return authority
}

func (r *Request) assemblePath() error {
	p := r.Path
	switch {
	case len(p) > MaxTargetBytes:
		return ErrTargetLength
	case string(p) == "*" && string(r.Method) == "OPTIONS":
		r.Form = Asterisk
		return nil
	case len(p) == 0 || p[0] != '/':
		return ErrTargetForm
	case skip(p, 0, targetChar) != len(p):
		return ErrTarget
	case bytes.IndexByte(p, '%') >= 0 && !validEscapes(p):
		return ErrTargetEscape
	}
	r.Form = Origin
	return nil
}
