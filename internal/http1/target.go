package http1

import "bytes"

// parseTarget determines the form of the target and its parts (RFC 9112, 3.2).
func (r *Request) parseTarget() error {
	t := r.Target
	r.Path, r.Authority = t, nil
	switch {
	case string(r.Method) == "CONNECT":
		r.Form, r.Path, r.Authority = Authority, nil, t
		if i := bytes.LastIndexByte(t, ':'); i < 0 || i == len(t)-1 || !validAuthority(t) {
			return ErrTargetForm
		}
		return nil
	case t[0] == '/':
		r.Form = Origin
	case string(t) == "*":
		r.Form = Asterisk
		if string(r.Method) != "OPTIONS" {
			return ErrTargetForm
		}
		return nil
	default:
		if err := r.parseAbsolute(); err != nil {
			return err
		}
	}
	if bytes.IndexByte(t, '%') >= 0 && !validEscapes(r.Path) {
		return ErrTargetEscape
	}
	return nil
}

// parseAbsolute splits the absolute form into its parts.
func (r *Request) parseAbsolute() error {
	r.Form = Absolute
	colon := bytes.IndexByte(r.Target, ':')
	switch {
	case colon < 0:
		return ErrTargetForm
	case !equalFold(r.Target[:colon], "http") && !equalFold(r.Target[:colon], "https"):
		return ErrScheme
	case len(r.Target) < colon+3 || string(r.Target[colon:colon+3]) != "://":
		return ErrTargetForm
	}
	rest := r.Target[colon+3:]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	r.Authority, r.Path = rest[:end:end], rest[end:]
	if !validAuthority(r.Authority) {
		return ErrHost
	}
	// An empty path is "/" (RFC 9112, 3.2.1), or "*" for OPTIONS of the whole
	// server (RFC 9112, 3.2.4).
	switch {
	case len(r.Path) == 0 && string(r.Method) == "OPTIONS":
		r.rewritten = append(r.rewritten[:0], '*')
		r.Path = r.rewritten
	case len(r.Path) == 0 || r.Path[0] == '?':
		r.rewritten = append(append(r.rewritten[:0], '/'), r.Path...)
		r.Path = r.rewritten
	}
	return nil
}

// validEscapes reports whether each "%" of the path, up to the query, is followed
// by two hexadecimal digits. Downstream decoders differ in how they treat others.
// Browsers do not escape a "%" in a query.
func validEscapes(path []byte) bool {
	for i := 0; i < len(path) && path[i] != '?'; i++ {
		if path[i] == '%' && (i+2 >= len(path) || classes[path[i+1]]&classes[path[i+2]]&hexChar == 0) {
			return false
		}
	}
	return true
}

// validAuthority reports whether b is a non-empty host with an optional port (RFC
// 3986, 3.2.2 and 3.2.3). User names are an error (RFC 9110, 4.2.4);
// percent-encoding, which no name in DNS needs, and IPvFuture, which is not in
// use, are not accepted either. Of an IPv6 address only the characters are
// checked, because it is not used to connect.
func validAuthority(b []byte) bool {
	i := 0
	if len(b) > 0 && b[0] == '[' {
		i = skip(b, 1, literalChar)
		if i < len("[::") || i == len(b) || b[i] != ']' {
			return false
		}
		i++
	} else {
		i = skip(b, 0, hostChar)
		if i == 0 {
			return false
		}
	}
	return i == len(b) || b[i] == ':' && validPort(b[i+1:])
}

// validPort reports whether b is empty, which means the scheme's default, or a
// number up to 65535.
func validPort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	n, ok := ParseNumber(b)
	return ok && len(b) <= len("65535") && n <= 65535
}
