package exchange

import (
	"time"

	"elbow/internal/balance"
	"elbow/internal/http1"
)

// A session is the sticky session of an exchange: what the cookies of the request say
// of it, and the cookie that the answer sets.
type session struct {
	sticky balance.Sticky  // nil: no stickiness
	named  balance.Session // by the cookies
	cookie []byte          // the Cookie value for the backend; later memory for Set-Cookie values
	wall   int64           // Unix seconds; set only with stickiness
}

// open prepares s for a new exchange. It keeps the memory of the cookie.
func (s *session) open(sticky balance.Sticky) {
	*s = session{sticky: sticky, named: balance.Session{Member: -1}, cookie: s.cookie[:0]}
}

// recall reads the session cookie among fields, those of the request. It sets the Cookie
// value for the backend, which does not have the session cookie.
func (s *session) recall(fields []http1.Field) {
	if s.sticky == nil {
		return
	}
	s.wall = time.Now().Unix()
	for i := range fields {
		f := &fields[i]
		if f.ID != http1.Cookie {
			continue
		}
		// Several fields become one, as HTTP/2 has it too (RFC 9113, 8.2.3).
		end := len(s.cookie)
		if end > 0 {
			s.cookie = append(s.cookie, "; "...)
		}
		start := len(s.cookie)
		var named balance.Session
		s.cookie, named = s.sticky.ReadCookie(s.cookie, f.Value, s.wall)
		if len(s.cookie) == start {
			s.cookie = s.cookie[:end]
		}
		if s.named.Member < 0 {
			s.named = named
		}
	}
}

// appendSetCookie appends the Set-Cookie value that binds the client to member if the
// answer may carry one, and reports whether the answer must be marked private for it. An
// answer meant for shared caches is forwarded unchanged, without a cookie: the client
// gets the cookie with its next private answer. A negative member binds nothing.
func (s *session) appendSetCookie(dst []byte, member int, method []byte, r *http1.Response) (_ []byte, private bool) {
	if s.sticky == nil || member < 0 {
		return dst, false
	}
	with := s.sticky.AppendSetCookie(dst, s.named, member, s.wall)
	if len(with) == len(dst) {
		return dst, false
	}
	switch sharingOf(method, r, s.wall) {
	case shared:
		return dst, false
	case unsaid:
		return with, true
	}
	return with, false
}
