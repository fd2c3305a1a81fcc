package proxy

import "time"

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

// handshakeRest is how long a process that has given its UDP sockets away still
// takes QUIC connections: clients whose first packets came to it go on talking to
// it. A handshake with a lost packet takes a second.
const handshakeRest = time.Second
