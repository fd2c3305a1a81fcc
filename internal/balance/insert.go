package balance

import (
	"bytes"
	"strconv"
	"time"
)

// insertName is the cookie that insert sets (specification, row
// StickySessionType). In this mode the name belongs to the load balancer:
// whatever the client sends under it is not passed on.
const insertName = "SERVERID"

// maxClockSkew is how far ahead of ours the clock of the node that wrote a cookie
// may have been, in seconds. It is Tengine's bound: a day, far more than clocks
// differ, since accepting such a cookie costs nothing and the answer corrects it.
const maxClockSkew = 86400

// insert implements stickiness by a cookie of the load balancer:
// SERVERID=<token>|<last>|<first> (decisions, Data plane 4).
type insert struct {
	group      *Group
	tokens     tokens
	timeout    int64  // seconds
	attributes string // of the cookie, from the first ";" on
}

// A SameSite says in which requests from pages of other sites a browser sends the
// cookie (draft-ietf-httpbis-rfc6265bis, 4.1.2.7).
type SameSite string

// NoSameSite leaves the choice to the browser: Lax in those of the Chromium family.
const (
	NoSameSite     SameSite = ""
	SameSiteNone   SameSite = "None" // in all requests
	SameSiteLax    SameSite = "Lax"  // in requests that follow a link
	SameSiteStrict SameSite = "Strict"
)

// NewInsert returns stickiness by a cookie of the load balancer. A session ends
// when the client sent nothing for timeout, 1s to 86400s in whole seconds. The
// seed is that of the listener, 32 random bytes.
func NewInsert(g *Group, seed []byte, timeout time.Duration, site SameSite) Sticky {
	return newInsert(g, seed, timeout, site, "; Path=/; HttpOnly; Secure")
}

// NewPlainInsert is NewInsert for a listener without TLS. Its cookie lacks the
// attribute Secure, with which browsers would not accept it (RFC 6265, 5.3 and 5.4),
// and SameSiteNone, which they accept only beside Secure
// (draft-ietf-httpbis-rfc6265bis, 5.7).
func NewPlainInsert(g *Group, seed []byte, timeout time.Duration, site SameSite) Sticky {
	if site == SameSiteNone {
		site = NoSameSite
	}
	return newInsert(g, seed, timeout, site, "; Path=/; HttpOnly")
}

func newInsert(g *Group, seed []byte, timeout time.Duration, site SameSite, attributes string) Sticky {
	s := &insert{g, newTokens(g, seed), int64(timeout / time.Second), attributes}
	if site != NoSameSite {
		s.attributes += "; SameSite=" + string(site)
	}
	return s
}

// ReadCookie removes SERVERID from the field, every occurrence of it; the first
// valid one is the session.
func (s *insert) ReadCookie(dst, field []byte, now int64) ([]byte, Session) {
	if !bytes.Contains(field, []byte(insertName)) {
		return append(dst, field...), noSession
	}
	session := noSession
	start := len(dst)
	for len(field) > 0 {
		pair, value, rest, named := nextCookie(field, insertName)
		switch {
		case len(pair) == 0:
		case !named:
			dst = append(separate(dst, start), pair...)
		case session.Member < 0:
			session = s.parse(value, now)
		}
		field = rest
	}
	return dst, session
}

// AppendSetCookie appends a new cookie if the session is new, has moved, or
// was last seen in another second. It lasts as long as the browser runs; only
// the time in it ends the session.
func (s *insert) AppendSetCookie(dst []byte, was Session, member int, now int64) []byte {
	first := now
	if was.Member == member {
		if was.Last == now {
			return dst
		}
		first = was.First
	}
	dst = append(dst, insertName+"="...)
	dst = append(dst, s.tokens.of[member][:]...)
	dst = append(dst, '|')
	dst = strconv.AppendInt(dst, now, 10)
	dst = append(dst, '|')
	dst = strconv.AppendInt(dst, first, 10)
	return append(dst, s.attributes...)
}

// RewriteSetCookie does not change the backend's cookies.
func (s *insert) RewriteSetCookie(dst, field []byte, _ int) []byte {
	return append(dst, field...)
}

// parse reads <token>|<last>|<first> and accepts nothing else.
func (s *insert) parse(value []byte, now int64) Session {
	value, _ = unquote(value)
	text, times, _ := bytes.Cut(value, []byte{'|'})
	lastText, firstText, _ := bytes.Cut(times, []byte{'|'})
	member, _ := s.tokens.lookup(text)
	last, lastOK := parseSeconds(lastText)
	first, firstOK := parseSeconds(firstText)
	if member < 0 || !lastOK || !firstOK {
		return noSession
	}
	if now-last > s.timeout || last-now > maxClockSkew || first-now > maxClockSkew {
		return noSession
	}
	session := s.group.session(member)
	if session.Member >= 0 {
		session.First, session.Last = first, last
	}
	return session
}

// maxSecondsLen bounds the digits of a time: 12 reach to the year 33658 and
// leave an int64 far from overflow.
const maxSecondsLen = 12

// parseSeconds reads Unix seconds as strconv.AppendInt writes them.
func parseSeconds(text []byte) (seconds int64, ok bool) {
	if len(text) == 0 || len(text) > maxSecondsLen || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		seconds = seconds*10 + int64(c-'0')
	}
	return seconds, true
}
