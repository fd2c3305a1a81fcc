package proxy

import "time"

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

// forever is longer than anything lasts, but does not overflow an Instant.
const forever = 100 * 365 * 24 * time.Hour

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

// lingerPace is how many bytes have to come within that time, so that a byte now
// and then does not keep a connection: slower than any upload.
const lingerPace = 1 << 10

// discardTimeout is how long in total the rest of a request is taken in over HTTP/2
// or HTTP/3 after its answer; then the client is asked to stop, as it is when it
// sends nothing for lingerTimeout. lingering_time of nginx.
const discardTimeout = 30 * time.Second

// shortAnswer is what a client takes without reading: the window that every TCP
// begins with, in bytes. Of an answer that is longer it is awaited that the client
// has taken it before the access log says so. If the client ends the connection, no
// more than this may be missing: it may have read all without having acknowledged the
// end, as acknowledgments are delayed and a reset does not count as one.
const shortAnswer = 64 << 10

// takenPoll is the time after which that is looked at first; it doubles up to
// watchEvery.
const takenPoll = 5 * time.Millisecond

// watchEvery is how often an exchange that waits for its backend looks whether
// its client is still there. Deadlines of backend sockets move once in this
// time instead of with every request.
const watchEvery = time.Second

// headRoom is left free in front of what is read from a backend, so that the
// rewritten head can be put directly before the first bytes of the body and
// both leave in one write without moving the body.
const headRoom = 2 << 10

// DefaultMaxConns bounds client connections of the process. 200,000 idle ones
// take about 1.9 GB.
const DefaultMaxConns = 200_000

// Beyond the handshakes that are computed handshakeRoom may wait for their turn,
// for up to handshakePatience: a second's work of one core or two, so that all
// clients may come back at once when a network does. Each takes some 30 KB.
const (
	handshakeRoom     = 4096
	handshakePatience = 2 * time.Second
)

// shedMax is how many connections are turned away before the listener looks at one
// as it always does: 2 ms or less.
const shedMax = 64

// DefaultMaxBackendConns bounds the exchanges with one backend. It is there to
// bound, not to shape: no more than some 28,000 connections can be made from one
// address to one port of another (net.ipv4.ip_local_port_range), and what comes
// after that would fail one by one. Who knows how many requests a backend works
// on at once sets a little more than that.
const DefaultMaxBackendConns = 20_000

// DefaultQueueTimeout is how long a request waits for its turn with a backend. A
// second is what a person does not mind, and time enough for a burst.
const DefaultQueueTimeout = time.Second

// DefaultDrainTimeout is how long exchanges go on when their listener is stopped or
// their backend removed. Long polls commonly last 30 s; whatever takes longer has to be
// able to reconnect anyway.
const DefaultDrainTimeout = 30 * time.Second

// overflowShare is the part of a connection limit, one in 16, that is accepted
// beyond it only to be answered with 503; what comes on top is closed unheard,
// because even the handshake of a refusal costs what an overloaded machine
// lacks.
const overflowShare = 16

// A listener may try so many exchanges of a hundred with a second backend, and so
// many at once after a time without: Envoy's budget of retries is a fifth, too.
const (
	DefaultRetryPercent = 20
	DefaultRetryBurst   = 100
)

// accept errors, EMFILE above all, are retried after a pause that doubles from
// acceptPauseMin to acceptPauseMax.
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// TCP keep-alive finds dead peers in 60s + 6 * 10s = 2 minutes, without
// regard to what the exchange waits for.
const (
	keepAliveIdle     = 60 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveCount    = 6
)

// trustedFor is how long the answer is waited for on a connection that was not
// looked at (upstream.Conn.Trusted) before it is. A backend that had half-closed it
// before the request came would go on reading, and nothing would tell.
const trustedFor = 10 * time.Millisecond

// settleTime is how long a connection without requests keeps its goroutines and
// what they hold: long enough that a page's requests, one after the other, find
// them there. Then it is parked.
const settleTime = time.Second

// queueRoom is how many bytes of an HTTP/2 connection may wait to be written
// before answers have to wait. They are written as one: four TLS records, one
// system call. Frames that are not of answers are let in all the same;
// http2.Meters bound them.
const queueRoom = 64 << 10

// maxEarly is how many bytes of a body that came over HTTP/2 are sent with the
// head, in one write, if they are all: as many as came in one TLS record.
const maxEarly = 16 << 10

// goAwayTimeout is how long the answer to the PING behind the first GOAWAY is
// waited for. A round trip is enough; clients that are busy may take longer.
const goAwayTimeout = time.Second

// goAwayDelay is how long the first GOAWAY may wait for a moment without an open
// stream, at most a quarter of the drain: nearly all requests take less, and a
// connection that is never without one still has most of the drain left.
const goAwayDelay = 5 * time.Second

// quicSilence is how long a QUIC connection may be silent before it is taken for
// lost. Half of it passes between two signs of life. Browsers have 30 s.
const quicSilence = 30 * time.Second

// quicRetry is the time between two tries to open a UDP port that is taken.
const quicRetry = 2 * time.Second

// What clients may send before we have passed it on. The windows bound what a
// connection can make us hold for backends that do not read, and grow with what
// the round trip needs: 1 MiB is 10 MB/s over 100 ms. quic-go's own defaults are
// 6 MB and 15 MB, nginx has 64 KiB a stream.
const (
	quicStreamWindow    = 128 << 10
	quicMaxStreamWindow = 1 << 20
	quicConnWindow      = 256 << 10
	quicMaxConnWindow   = 2 << 20
)

// quicStreams is how many requests a client may have under way. RFC 9114, 6.1
// wants at least 100; HTTP/2 has the same here.
const quicStreams = 128

// quicUniStreams is how many unidirectional streams a client may have open. Three
// are needed (RFC 9114, 6.2), the rest is for types that we refuse.
const quicUniStreams = 8

// quicShaking is how many handshakes may be under way before new clients have to
// prove their address: 1,000 connections take some 30 MB and a second of CPU time.
const quicShaking = 1000

// quicShakingMax is beyond how many of them new clients are refused.
const quicShakingMax = 4 * quicShaking

// quicShakingShare is the part of them, one in that many, that an address may have once
// clients have to prove theirs. 500 that take a tenth of a second each are 5,000 a
// second.
const quicShakingShare = 8

// quicRoomShare is the part of the memory that clients may hold, one in that many, which
// all handshakes of the process may have. Half of it is for clients whose addresses are
// not proved: whoever forges them can shut nobody out who comes over TCP.
const quicRoomShare = 4

// endTimeout is how long the end of a stream is waited for that should have come
// with the head: some clients send it in a packet of its own, right after.
const endTimeout = 50 * time.Millisecond

// farewell is how long an HTTP/3 client gets for each of the two GOAWAY until it
// has read it and what it had sent before has come. There is nothing that would
// tell when. Two round trips are enough for the network, and lost requests of a
// client that was busy.
const farewell = time.Second

// maxHeadRoom is how many bytes the unfinished heads of an HTTP/3 connection may take
// beyond headBytes each: 128 of 16 KiB, or 18 of 64 KiB. Over HTTP/1.1 and HTTP/2 only
// one head is unfinished at a time.
const maxHeadRoom = 1 << 20

// arenaBytes is the room for the text of a head to begin with: nine in ten have
// less.
const arenaBytes = 2 << 10

// handshakeRest is how long a process that has given its UDP sockets away still
// takes QUIC connections: clients whose first packets came to it go on talking to
// it. A handshake with a lost packet takes a second.
const handshakeRest = time.Second
