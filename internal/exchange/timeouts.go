package exchange

import (
	"cmp"
	"time"
)

// Limits are how long a client or a backend may take for what. Zero values
// mean the defaults, which limits.go gives with their reasons.
type Limits struct {
	HandshakeTimeout time.Duration // the TLS handshake, in total
	HeadTimeout      time.Duration // a request head, from its first byte, in total
	EndTimeout       time.Duration // wait for the end of a request that has no body, as a rule
	BodyTimeout      time.Duration // silence within a request body
	StreamTimeout    time.Duration // standstill of a response body
	TunnelTimeout    time.Duration // silence in both directions of an upgraded connection
	GoAwayDelay      time.Duration // from the start of a drain to the GOAWAY, while HTTP/2 streams are open
	SettleTime       time.Duration // idleness before a connection lets go of its goroutines
	LingerTimeout    time.Duration // silence of a client that has got its last answer
	UnreadTimeout    time.Duration // from a short answer over HTTP/3 to the end of its connection, at least
}

// WithDefaults is l with defaults for what is zero.
func (l Limits) WithDefaults() Limits {
	return Limits{
		HandshakeTimeout: cmp.Or(l.HandshakeTimeout, handshakeTimeout),
		HeadTimeout:      cmp.Or(l.HeadTimeout, headTimeout),
		EndTimeout:       cmp.Or(l.EndTimeout, endTimeout),
		BodyTimeout:      cmp.Or(l.BodyTimeout, bodyTimeout),
		StreamTimeout:    cmp.Or(l.StreamTimeout, streamTimeout),
		TunnelTimeout:    cmp.Or(l.TunnelTimeout, tunnelTimeout),
		GoAwayDelay:      cmp.Or(l.GoAwayDelay, goAwayDelay),
		SettleTime:       cmp.Or(l.SettleTime, settleTime),
		LingerTimeout:    cmp.Or(l.LingerTimeout, lingerTimeout),
		UnreadTimeout:    cmp.Or(l.UnreadTimeout, unreadTimeout),
	}
}

// The defaults for what a Config leaves at zero, the same as those of the API:
// elbtest compares them.
const (
	DefaultIdleTimeout    = 15 * time.Second
	DefaultRequestTimeout = 60 * time.Second
)

// handshakeTimeout bounds a TLS handshake from accept to its end. A full one
// takes two round trips; 10s is enough for the worst mobile link and short
// enough that connections which never speak do not gather.
const handshakeTimeout = 10 * time.Second

// headTimeout bounds a request head from its first byte to its last. It is a
// total: a client that sends a byte now and then gets 408 all the same. nginx
// allows 60s between two reads, HAProxy's manual advises 5s to 10s in total.
const headTimeout = 15 * time.Second

// bodyTimeout is how long a client may send nothing of a request body that it
// has announced; then the exchange ends with 408. It limits inactivity, never
// the whole upload.
const bodyTimeout = 60 * time.Second

// Forever is longer than anything lasts, but does not overflow an Instant.
const Forever = 100 * 365 * 24 * time.Hour

// streamTimeout is how long a response body may stand still, because the
// backend sends nothing or the client takes nothing. Five minutes, because
// browsers stop reading while a video is paused and event streams may be quiet
// for minutes; dead peers are found sooner by TCP keep-alive.
const streamTimeout = 5 * time.Minute

// tunnelTimeout is how long both directions of an upgraded connection may be
// silent. WebSockets without pings are legitimate, so it is generous; dead
// peers are found sooner by TCP keep-alive.
const tunnelTimeout = time.Hour

// lastPieceTimeout is how long a backend may take for the end of a request that it
// has answered already; then its connection is closed, not used again.
const lastPieceTimeout = 2 * time.Second

// lingerTimeout is how long a client may send nothing more after the last answer
// of its connection, which is read and thrown away: closed at once, the kernel
// would reset the connection if anything came, and the client might lose the answer
// (RFC 9112, 9.6). As lingering_timeout of nginx.
const lingerTimeout = 5 * time.Second

// unreadTimeout is how long a client of HTTP/3 that was sent a short answer, and does
// not close the connection although it was asked to, is left to read it. What a QUIC
// client has received and not read is lost when its connection is closed, while TCP
// keeps it. Less than defaultDrainTimeout, so that a drain does not have to cut it.
const unreadTimeout = 25 * time.Second

// DiscardTimeout is how long in total the rest of a request is taken in over HTTP/2
// or HTTP/3 after its answer; then the client is asked to stop, as it is when it
// sends nothing for lingerTimeout. lingering_time of nginx.
const DiscardTimeout = 30 * time.Second

// ShortAnswer is what a client takes without reading: the window that every TCP
// begins with, in bytes. Of an answer that is longer it is awaited that the client
// has taken it before the access log says so. If the client ends the connection, no
// more than this may be missing: it may have read all without having acknowledged the
// end, as acknowledgments are delayed and a reset does not count as one.
const ShortAnswer = 64 << 10

// TakenPoll is the time after which that is looked at first; it doubles up to
// WatchEvery.
const TakenPoll = 5 * time.Millisecond

// WatchEvery is how often an exchange that waits for its backend looks whether
// its client is still there. Deadlines of backend sockets move once in this
// time instead of with every request.
const WatchEvery = time.Second

// HeadRoom is left free in front of what is read from a backend, so that the
// rewritten head can be put directly before the first bytes of the body and
// both leave in one write without moving the body.
const HeadRoom = 2 << 10

// trustedFor is how long the answer is waited for on a connection that was not
// looked at (upstream.Conn.Trusted) before it is. A backend that had half-closed it
// before the request came would go on reading, and nothing would tell.
const trustedFor = 10 * time.Millisecond

// settleTime is how long a connection without requests keeps its goroutines and
// what they hold: long enough that a page's requests, one after the other, find
// them there. Then it is parked.
const settleTime = time.Second

// MaxEarly is how many bytes of a body that came over HTTP/2 are sent with the
// head, in one write, if they are all: as many as came in one TLS record.
const MaxEarly = 16 << 10

// goAwayDelay is how long the first GOAWAY may wait for a moment without an open
// stream, at most a quarter of the drain: nearly all requests take less, and a
// connection that is never without one still has most of the drain left.
const goAwayDelay = 5 * time.Second

// endTimeout is how long the end of a stream is waited for that should have come
// with the head: some clients send it in a packet of its own, right after.
const endTimeout = 50 * time.Millisecond

// ArenaBytes is the room for the text of a head to begin with: nine in ten have
// less.
const ArenaBytes = 2 << 10
