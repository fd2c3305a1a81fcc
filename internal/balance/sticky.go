package balance

// Sticky keeps the requests of one client on one member by a cookie. Its methods
// are called from many goroutines at once and do not allocate as long as dst has
// room.
type Sticky interface {
	// ReadCookie parses one Cookie field value of a request and appends to dst
	// what is passed on to the member; if it appends nothing, the field is left
	// out. Of a request with several Cookie fields the first session with a
	// member counts.
	ReadCookie(dst, value []byte, now int64) ([]byte, Session)

	// AppendSetCookie appends the Set-Cookie value to add to a response of
	// member, or nothing.
	AppendSetCookie(dst []byte, s Session, member int, now int64) []byte

	// RewriteSetCookie appends one Set-Cookie value of a response of member, as
	// the client is to get it.
	RewriteSetCookie(dst, value []byte, member int) []byte
}

// A Session is the content of a cookie: the member of the client, and since when.
type Session struct {
	Member      int   // index in the group; -1: none, or the member is gone or unhealthy
	First, Last int64 // Unix seconds of the first and the last response; 0 if Member is -1
}

// noSession is the session of a request without a valid cookie.
var noSession = Session{Member: -1}

// session returns the session of the member with index i, -1 for none. A member
// that no health check has seen yet keeps its clients; weight 0 keeps them too
// and refuses only new ones (decisions, Data plane 3).
func (g *Group) session(i int) Session {
	if i < 0 || g.Members[i].Health() == Unhealthy {
		return noSession
	}
	return Session{Member: i}
}
