package http1

import "bytes"

// A Request is the head of a request. The zero value is ready for use; a reused
// one reuses its slices.
type Request struct {
	Head

	Method []byte
	Target []byte // as sent
	Form   TargetForm

	// Path is the request for an origin server: path and query, or "*". It equals
	// Target except for the absolute form, and is empty for CONNECT.
	Path []byte

	// Authority is the host, with port if given: that of the target if it has one
	// (RFC 9112, 3.2.2), else Host. It is empty only in an HTTP/1.0 request
	// without Host.
	Authority []byte

	// Expect100 says that the client waits for 100 before it sends the body.
	Expect100 bool

	rewritten []byte // holds Path if it is no part of Target
}

// Reset clears everything but keeps the memory of its slices. It must be called
// before a buffer that holds an unfinished head is parsed with different bytes in
// it; and it ensures that nothing of the previous request remains if the next one
// ends in an error.
func (r *Request) Reset() {
	clear(r.Fields)
	*r = Request{Head: Head{Fields: r.Fields[:0]}, rewritten: r.rewritten}
}

// maxRequestLine is the length of the longest valid request line, line end and a
// preceding empty line included.
const maxRequestLine = len("\r\n") + maxMethodBytes + len(" ") + MaxTargetBytes + len(" HTTP/1.1\r\n")

// Parse parses a request head at the start of buf. It returns the length of the
// head, or 0 if buf does not hold all of it: then Parse must be called again with
// more bytes in the same place. (If they have moved it starts over; a buffer that
// doubles keeps that cheap.) Any error is an *Error and the connection must be
// closed; the fields parsed before it are set.
//
// One empty line before the request line is skipped (RFC 9112, 2.2) and counts as
// part of the head.
func (r *Request) Parse(buf []byte) (n int, err error) {
	if !r.resume(buf) {
		if r.line == 0 && len(buf) >= maxRequestLine {
			return 0, ErrTargetLength
		}
		return r.wait(buf, r.line)
	}
	fields := r.line
	if fields == 0 {
		if fields, err = r.parseLine(buf); err != nil {
			return 0, err
		}
		if fields == 0 {
			return r.wait(buf, 0)
		}
	}
	if n, err = r.parseFields(buf, fields); n == 0 {
		return 0, err
	}
	if err = r.finish(); err != nil {
		return 0, err
	}
	return n, nil
}

// parseLine parses the request line and returns the offset of the line after it,
// or 0 if buf ends before that.
func (r *Request) parseLine(buf []byte) (int, error) {
	start := 0
	if buf[0] == '\r' {
		if len(buf) == 1 {
			return 0, nil
		}
		if buf[1] != '\n' {
			return 0, ErrBareCR
		}
		start = 2
	}
	i := skip(buf, start, tokenChar)
	if i-start > maxMethodBytes {
		return 0, ErrMethodLength
	}
	if i == len(buf) {
		return 0, nil
	}
	if buf[i] != ' ' || i == start {
		return 0, ErrMethod
	}
	r.Method = buf[start:i:i]

	i++
	start = i
	i = skip(buf, i, targetChar)
	if i-start > MaxTargetBytes {
		return 0, ErrTargetLength
	}
	if i == len(buf) {
		return 0, nil
	}
	if buf[i] != ' ' || i == start {
		return 0, targetError(buf[i], i == start)
	}
	r.Target = buf[start:i:i]

	i++
	end, err := r.parseVersion(buf, i)
	if end == 0 {
		return 0, err
	}
	return end, r.parseTarget()
}

// targetError returns why a target must not end in c.
func targetError(c byte, empty bool) error {
	switch {
	case empty:
		return ErrRequestLine
	case c == '\r' || c == '\n':
		return ErrHTTP09
	}
	return ErrTarget
}

// parseVersion parses the version at offset i and the end of the request line.
func (r *Request) parseVersion(buf []byte, i int) (end int, err error) {
	const length = len("HTTP/1.1\r\n")
	if len(buf)-i < length {
		if bytes.IndexByte(buf[i:], '\n') >= 0 {
			return 0, ErrVersion
		}
		return 0, nil
	}
	switch v := buf[i : i+length]; string(v) {
	case "HTTP/1.1\r\n":
		r.Minor = 1
	case "HTTP/1.0\r\n":
		r.Minor = 0
	default:
		if err := r.oddVersion(v); err != nil {
			return 0, err
		}
		r.Minor = 1
	}
	return i + length, nil
}

// oddVersion returns what is wrong with a version other than "HTTP/1.1" and its
// line end: nil for a higher minor version, which RFC 9110, 2.5 treats as the
// highest known one.
func (r *Request) oddVersion(v []byte) error {
	major, minor := v[5], v[7]
	digits := classes[major]&classes[minor]&digitChar != 0
	switch {
	case string(v[:5]) != "HTTP/" || v[6] != '.' || !digits:
		return ErrVersion
	case v[8] == '\n':
		return ErrBareLF
	case v[8] != '\r':
		return ErrVersion
	case v[9] != '\n':
		return ErrBareCR
	case string(r.Method) == "PRI" && major == '2':
		return ErrPreface
	case major != '1':
		return ErrVersionNumber
	}
	return nil
}

// finish interprets the lines of the head together.
func (r *Request) finish() error {
	if err := r.conclude(); err != nil {
		return err
	}
	s := &r.said
	switch {
	case s.hosts > 1:
		return ErrHostTwice
	case s.hosts == 0 && r.Minor > 0:
		return ErrHostMissing
	case s.hosts == 1 && !validAuthority(s.host):
		return ErrHost
	case s.otherwise && r.Minor > 0:
		return ErrExpect
	}
	if r.Form == Origin || r.Form == Asterisk {
		r.Authority = s.host
	}
	// HTTP/1.0 knows neither (RFC 9110, 7.8 and 10.1.1).
	r.Expect100 = s.expect && r.Minor > 0
	// A body would have to be read before the protocols switch, and one of
	// several protocols chosen; a server may ignore Upgrade (RFC 9110, 7.8).
	// Through h2c a client could talk to the backend past the proxy.
	if s.mayUpgrade && s.upgrades == 1 && r.Minor > 0 && r.Framing != Chunked && r.Length <= 0 &&
		len(s.upgrade) > 0 && bytes.IndexByte(s.upgrade, ',') < 0 && !equalFold(s.upgrade, "h2c") {
		r.Upgrade = s.upgrade
	}
	return nil
}
