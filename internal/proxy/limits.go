package proxy

import "time"

// DefaultMaxConns limits the client connections of the process. 200,000 idle ones take
// about 1.9 GB.
const DefaultMaxConns = 200_000

// In addition to the handshakes being computed, handshakeRoom may queue for up to
// handshakePatience: the work of one core or two for a second, so that all clients may
// reconnect at once after a network failure. Each takes some 30 KB.
const (
	handshakeRoom     = 4096
	handshakePatience = 2 * time.Second
)

// shedMax is the number of connections that are refused in a row before the listener examines
// one in full again: 2 ms or less.
const shedMax = 64

// DefaultMaxBackendConns bounds the exchanges with one backend. It is a safety limit,
// not a tuning value: no more than some 28,000 connections can be opened from one
// address to one port of another (net.ipv4.ip_local_port_range), and attempts beyond
// that would fail one by one. Operators who know how many requests a backend processes
// concurrently set it slightly above that.
const DefaultMaxBackendConns = 20_000

// DefaultQueueTimeout is how long a request queues for a backend. A second is
// acceptable to users, and long enough for a burst.
const DefaultQueueTimeout = time.Second

// DefaultDrainTimeout is how long exchanges may continue after their listener was
// stopped or their backend removed. Long polls commonly last 30 s; anything longer has
// to be able to reconnect anyway.
const DefaultDrainTimeout = 30 * time.Second

// overflowShare is the part of a connection limit, one in 16, that is accepted beyond
// it only to be answered with 503. Further connections are closed at once, because
// even the handshake of a refusal costs CPU time that an overloaded machine lacks.
const overflowShare = 16

// A listener may retry this percentage of its exchanges with a second backend, and
// this many at once after a time without retries. Envoy's retry budget is 20 % as
// well.
const (
	DefaultRetryPercent = 20
	DefaultRetryBurst   = 100
)

// Errors of accept, mainly EMFILE, are retried after a pause that doubles from
// acceptPauseMin to acceptPauseMax.
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// TCP keep-alive detects dead peers in 60s + 6 * 10s = 2 minutes, independent of what
// the exchange waits for.
const (
	keepAliveIdle     = 60 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveCount    = 6
)

// quicSilence is the idle timeout of a QUIC connection. Keep-alive packets are sent at
// half of it. Browsers have 30 s.
const quicSilence = 30 * time.Second

// quicRetry is the time between two attempts to open a UDP port that is in use.
const quicRetry = 2 * time.Second

// The QUIC flow-control windows bound the memory that a connection can make the proxy
// hold for backends that do not read. They grow as the round-trip time requires: 1 MiB
// is 10 MB/s over 100 ms. quic-go's own defaults are 6 MB and 15 MB, nginx has 64 KiB
// a stream.
const (
	quicStreamWindow    = 128 << 10
	quicMaxStreamWindow = 1 << 20
	quicMaxConnWindow   = 2 << 20
)

// quicStreams is the number of requests that a client may have in flight. RFC 9114, 6.1 wants at
// least 100; HTTP/2 has the same limit here.
const quicStreams = 128

// quicUniStreams is the number of unidirectional streams that a client may have open. Three are
// needed (RFC 9114, 6.2); the others are for types that are refused.
const quicUniStreams = 8

// quicShaking is the number of handshakes that may be in progress before new clients have to
// validate their address: 1,000 connections take some 30 MB and a second of CPU time.
const quicShaking = 1000

// quicShakingMax is the number of handshakes in progress above which new clients are
// refused.
const quicShakingMax = 4 * quicShaking

// quicShakingShare limits the handshakes per address to one part in 8 of
// quicShakingMax once addresses have to be validated. 500 that take a tenth of a
// second each are 5,000 a second.
const quicShakingShare = 8

// quicRoomShare limits the memory of all handshakes of the process to one part in 4 of
// the memory that clients may hold. Half of it is for clients with unvalidated
// addresses: an attacker who forges addresses cannot lock out clients over TCP.
const quicRoomShare = 4

// handshakeRest is how long a process that has handed over its UDP sockets still
// accepts QUIC connections: clients whose first packets it has received continue to
// send to it. A handshake with a lost packet takes a second.
const handshakeRest = time.Second
