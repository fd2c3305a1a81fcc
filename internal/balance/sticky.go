package balance

// Sticky keeps the requests of one client on one member by means of a cookie.
// It is called from many goroutines at once and does not allocate as long as
// dst has room.
type Sticky interface {
	// ReadCookie looks into one Cookie field value of a request and appends to
	// dst what the member gets of it; if it appends nothing, the field is left
	// out. Of a request with several Cookie fields the first session with a
	// member counts.
	ReadCookie(dst, value []byte, now int64) ([]byte, Session)

	// AppendSetCookie appends the Set-Cookie value that the response of member
	// has to gain, or nothing.
	AppendSetCookie(dst []byte, s Session, member int, now int64) []byte

	// RewriteSetCookie appends what the client gets of one Set-Cookie value in
	// a response of member.
	RewriteSetCookie(dst, value []byte, member int) []byte
}

// A Session is what a cookie said: where the client belongs and since when.
type Session struct {
	Member      int   // index in the group; -1: none, or one that is gone or unhealthy
	First, Last int64 // Unix seconds of the first and the last response; 0 if Member is -1
}

// noSession is what a request without a valid cookie has.
var noSession = Session{Member: -1}

// session returns the session of the member with index i, -1 for none. A
// member that no health check has seen yet keeps its clients; weight 0 keeps
// them too, it refuses only new ones (decisions, Data plane 3).
func (g *Group) session(i int) Session {
	if i < 0 || g.Members[i].Health() == Unhealthy {
		return noSession
	}
	return Session{Member: i}
}
