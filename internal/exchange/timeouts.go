package exchange

import (
	"cmp"
	"time"
)

// Limits are the timeouts for clients and backends. A zero value means the default,
// which the constants below give with its reason.
type Limits struct {
	HandshakeTimeout time.Duration // the TLS handshake, in total
	HeadTimeout      time.Duration // a request head, from its first byte, in total
	EndTimeout       time.Duration // wait for the end of a stream that usually has no body
	BodyTimeout      time.Duration // silence within a request body
	StreamTimeout    time.Duration // standstill of a response body
	TunnelTimeout    time.Duration // silence in both directions of an upgraded connection
	GoAwayDelay      time.Duration // from the start of a drain to the GOAWAY, while HTTP/2 streams are open
	SettleTime       time.Duration // idle time before a connection ends its goroutines
	LingerTimeout    time.Duration // silence of a client that has received its last answer
	UnreadTimeout    time.Duration // from a short answer over HTTP/3 to the end of its connection, at least
}

// WithDefaults returns l with zero values replaced by the defaults.
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

// The defaults of a Config's zero values. They equal those of the API, which a test in
// elbtest checks.
const (
	DefaultIdleTimeout    = 15 * time.Second
	DefaultRequestTimeout = 60 * time.Second
)

// handshakeTimeout bounds a TLS handshake from accept to its end. A full one takes two
// round trips; 10s is enough for the worst mobile link and short enough that silent
// connections do not accumulate.
const handshakeTimeout = 10 * time.Second

// headTimeout bounds a request head from its first byte to its last. It is a total: a
// client that sends a byte now and then gets 408 as well. nginx allows 60s between two
// reads, HAProxy's manual advises 5s to 10s in total.
const headTimeout = 15 * time.Second

// bodyTimeout is how long a client may send nothing of a request body that it
// has announced; then the exchange ends with 408. It limits inactivity, never
// the whole upload.
const bodyTimeout = 60 * time.Second

// Forever is longer than any timeout, but does not overflow an Instant.
const Forever = 100 * 365 * 24 * time.Hour

// streamTimeout is how long a response body may stand still, because the
// backend sends nothing or the client takes nothing. Five minutes, because
// browsers stop reading while a video is paused and event streams may be quiet
// for minutes; dead peers are found sooner by TCP keep-alive.
const streamTimeout = 5 * time.Minute

// tunnelTimeout is how long both directions of an upgraded connection may be silent.
// WebSockets without pings are legitimate, so it is generous; dead peers are found
// sooner by TCP keep-alive.
const tunnelTimeout = time.Hour

// lastPieceTimeout is how long a backend that has already answered may take to accept
// the end of the request; after that its connection is closed instead of reused.
const lastPieceTimeout = 2 * time.Second

// lingerTimeout is how long a client may be silent after the last answer of its
// connection. What it sends is read and discarded: if the connection were closed at
// once, the kernel would answer further data with a reset, and the client might lose
// the answer (RFC 9112, 9.6). It corresponds to lingering_timeout of nginx.
const lingerTimeout = 5 * time.Second

// unreadTimeout is how long an HTTP/3 client that was sent a short answer, and does
// not close the connection although it was asked to, may take to read it. Data that a
// QUIC client has received and not read is lost when its connection is closed, while
// TCP keeps it. It is less than defaultDrainTimeout, so that a drain does not have to
// cut the connection.
const unreadTimeout = 25 * time.Second

// DiscardTimeout bounds in total how long the rest of a request is read and discarded
// over HTTP/2 or HTTP/3 after its answer. After it, or after a silence of
// lingerTimeout, the client is asked to stop. It corresponds to lingering_time of
// nginx.
const DiscardTimeout = 30 * time.Second

// ShortAnswer is the number of bytes that a client receives without reading: the
// initial window of a TCP connection. For a longer answer, the access log is written
// only after the client has acknowledged it. If the client closes the connection, at
// most this many bytes may be unacknowledged for the answer to count as received:
// acknowledgments are delayed, and a reset does not acknowledge data.
const ShortAnswer = 64 << 10

// TakenPoll is the delay before the first check for acknowledgment; it doubles up to
// WatchEvery.
const TakenPoll = 5 * time.Millisecond

// WatchEvery is how often an exchange that waits for its backend checks whether its
// client is still connected. Deadlines of backend sockets are also renewed once per
// interval instead of with every request.
const WatchEvery = time.Second

// HeadRoom bytes are kept free in front of what is read from a backend, so that the
// rewritten head can be placed directly before the first bytes of the body and both
// are sent in one write without moving the body.
const HeadRoom = 2 << 10

// trustedFor is how long to wait for the answer on a connection that was reused
// without a check (upstream.Conn.Trusted) before checking it. A backend that had
// half-closed it before the request came would continue to read, so the write would
// not fail.
const trustedFor = 10 * time.Millisecond

// settleTime is how long a connection without requests keeps its goroutines and their
// memory: long enough to serve the successive requests of a page. After that it is
// parked.
const settleTime = time.Second

// MaxEarly is the largest body received over HTTP/2 that is sent together with the
// head in one write: the size of one TLS record.
const MaxEarly = 16 << 10

// goAwayDelay is how long the first GOAWAY may wait for a moment without an open
// stream, at most a quarter of the drain: nearly all requests take less, and a
// connection that always has open streams still has most of the drain left.
const goAwayDelay = 5 * time.Second

// endTimeout is how long to wait for the end of a stream that should have come with
// the head: some clients send it in a packet of its own right after.
const endTimeout = 50 * time.Millisecond

// ArenaBytes is the initial room for the strings of a head: nine heads in ten have
// less.
const ArenaBytes = 2 << 10
