package http1

import "bytes"

// A Response is the head of a response, final or interim. The zero value is ready
// for use; a reused one reuses its slices.
type Response struct {
	Head

	Status int    // 100 to 999; above 599 counts as 5xx (RFC 9110, 15)
	Reason []byte // may be empty
}

// Reset clears everything but keeps the memory of its slices, as Request.Reset
// does.
func (r *Response) Reset() {
	clear(r.Fields)
	*r = Response{Head: Head{Fields: r.Fields[:0]}}
}

// Interim reports whether another response to the same request follows: 1xx
// except 101, after which the connection speaks another protocol.
func (r *Response) Interim() bool {
	return r.Status < 200 && r.Status != 101
}

// Parse parses a response head at the start of buf, as Request.Parse does with a
// request head. Interim responses are returned like any other. toHead says that
// the request was a HEAD, so that no body follows.
//
// A head in error is a 502 whatever the Status of the Error.
func (r *Response) Parse(buf []byte, toHead bool) (n int, err error) {
	if !r.resume(buf) {
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
	if err = r.finish(toHead); err != nil {
		return 0, err
	}
	return n, nil
}

// parseLine parses the status line and returns the offset of the line after it,
// or 0 if buf ends before that. The space before an empty reason may be missing:
// the grammar requires it (RFC 9112, 4), many servers leave it out.
func (r *Response) parseLine(buf []byte) (int, error) {
	const version, status = len("HTTP/1.1 "), len("HTTP/1.1 200")
	if len(buf) < status+2 {
		if bytes.IndexByte(buf, '\n') >= 0 || !mayBeVersion(buf) {
			return 0, ErrStatusLine
		}
		return 0, nil
	}
	if !mayBeVersion(buf) || buf[8] != ' ' {
		return 0, ErrStatusLine
	}
	r.Minor = min(int(buf[7]-'0'), 1)

	code := buf[version:status]
	if classes[code[0]]&classes[code[1]]&classes[code[2]]&digitChar == 0 {
		return 0, ErrStatusLine
	}
	r.Status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	if r.Status < 100 {
		return 0, ErrStatus
	}

	i := status
	if buf[i] == ' ' {
		i++
	} else if buf[i] != '\r' {
		return 0, ErrStatusLine
	}
	start := i
	i = skipValue(buf, i)
	if i+1 >= len(buf) && (i == len(buf) || buf[i] == '\r') {
		return 0, nil
	}
	if buf[i] != '\r' || buf[i+1] != '\n' {
		return 0, valueError(buf[i])
	}
	r.Reason = buf[start:i:i]
	return i + 2, nil
}

// mayBeVersion reports whether b begins with "HTTP/1." and a digit, or is a
// prefix of that.
func mayBeVersion(b []byte) bool {
	const name = "HTTP/1."
	n := min(len(b), len(name))
	return string(b[:n]) == name[:n] && (len(b) <= len(name) || classes[b[len(name)]]&digitChar != 0)
}

// bodiless reports whether a response has no body whatever its fields say (RFC
// 9112, 6.3, rule 1).
func (r *Response) bodiless(toHead bool) bool {
	return toHead || r.Status < 200 || r.Status == 204 || r.Status == 304
}

// HasBody reports whether a response with this status has a body, possibly an
// empty one. toHead says that the request was a HEAD.
func (r *Response) HasBody(toHead bool) bool { return !r.bodiless(toHead) }

// withoutBody settles the framing of a response that has no body. err is the
// error in its framing fields, which do not apply then; but a backend that
// writes such fields may send the body they announce, so the connection is not
// reused. To HEAD, and with 304, a Content-Length is that of the body the
// response would have; the other statuses must not have one (RFC 9110, 8.6).
func (r *Response) withoutBody(err error) {
	if err != nil || r.Framing == Chunked || r.Status < 200 || r.Status == 204 {
		r.Length = -1
	}
	r.Framing = NoBody
	r.KeepAlive = r.KeepAlive && err == nil
}

// finish derives the meaning of the head (RFC 9112, 6.3).
func (r *Response) finish(toHead bool) error {
	err := r.conclude()
	switch {
	case r.bodiless(toHead):
		r.withoutBody(err)
	case err != nil:
		return err
	case r.Framing == NoBody:
		r.Framing, r.KeepAlive = UntilClose, false
	}
	if r.Status == 101 {
		r.KeepAlive = false
		// Connection need not name Upgrade in a 101: it does so only to keep the
		// field from later hops.
		if s := &r.said; s.upgrades == 1 && len(s.upgrade) > 0 {
			r.Upgrade = s.upgrade
		}
	}
	return nil
}
