package balance

import "bytes"

// server implements stickiness by marking a cookie of the backend: its value
// becomes <token>~<value> on the way to the client and is restored on the way
// back (decisions, Data plane 5). The backend decides how long the cookie lives.
type server struct {
	group  *Group
	tokens tokens
	cookie string // name of the backend's cookie
}

// NewServer returns stickiness by the backend's own cookie of the given name. A
// client that got no such cookie has no session. The seed is that of the
// listener, 32 random bytes.
func NewServer(g *Group, seed []byte, cookie string) Sticky {
	return &server{g, newTokens(g, seed), cookie}
}

// ReadCookie removes the token from each cookie of the name; the first one whose
// member is usable is the session. The token of a member that is gone is removed
// as well, so that a backend sees only what a backend has set.
func (s *server) ReadCookie(dst, field []byte, _ int64) ([]byte, Session) {
	session := noSession
	if !bytes.Contains(field, s.tokens.tag[:]) {
		return append(dst, field...), session
	}
	start := len(dst)
	for len(field) > 0 {
		pair, value, rest, named := nextCookie(field, s.cookie)
		field = rest
		if len(pair) == 0 {
			continue
		}
		dst = separate(dst, start)
		inner, quoted := unquote(value)
		text, own, marked := bytes.Cut(inner, []byte{'~'})
		member, ours := s.tokens.lookup(text)
		if !named || !marked || !ours {
			dst = append(dst, pair...)
			continue
		}
		dst = s.appendOwn(dst, own, quoted)
		if session.Member < 0 {
			session = s.group.session(member)
		}
	}
	return dst, session
}

// appendOwn appends the cookie as the backend set it.
func (s *server) appendOwn(dst, own []byte, quoted bool) []byte {
	dst = append(append(dst, s.cookie...), '=')
	if quoted {
		dst = append(dst, '"')
	}
	dst = append(dst, own...)
	if quoted {
		dst = append(dst, '"')
	}
	return dst
}

// AppendSetCookie appends nothing: the backend sets the cookie.
func (s *server) AppendSetCookie(dst []byte, _ Session, _ int, _ int64) []byte { return dst }

// RewriteSetCookie puts the token of member before the value if the cookie has
// the name, inside the quotes if there are any. Attributes do not change.
func (s *server) RewriteSetCookie(dst, field []byte, member int) []byte {
	_, value, _, named := nextCookie(field, s.cookie)
	if !named {
		return append(dst, field...)
	}
	at := bytes.IndexByte(field, '=') + 1
	for at < len(field) && (field[at] == ' ' || field[at] == '\t') {
		at++
	}
	if _, quoted := unquote(value); quoted {
		at++
	}
	dst = append(dst, field[:at]...)
	dst = append(dst, s.tokens.of[member][:]...)
	dst = append(dst, '~')
	return append(dst, field[at:]...)
}
