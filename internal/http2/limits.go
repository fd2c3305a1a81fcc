package http2

import "time"

// MaxFrame bounds the payload of a frame, both ways: what everybody has to
// accept (RFC 9113, 4.2), and near to what a TLS record carries.
const MaxFrame = 16 << 10

// MaxListBytes bounds a header list, counted as RFC 9113, 6.5.2 does; a longer
// one gets 431. As long as what HTTP/1.1 may send (http1.MaxHeadBytes).
const MaxListBytes = 64 << 10

// MaxBlockBytes bounds a header block before it is decoded. Twice MaxListBytes,
// so that a list that is somewhat too long is told so and does not end the
// connection.
const MaxBlockBytes = 2 * MaxListBytes

// maxBombBytes bounds what a block may decode to. A reference of one byte can
// stand for 4 KiB of the dynamic table, so MaxBlockBytes alone is no bound.
const maxBombBytes = 4 * MaxListBytes

// MaxContinuations bounds the frames of one header block after the first. With
// full frames MaxBlockBytes takes 8; the rest is for clients that cut elsewhere.
const MaxContinuations = 32

// tableBytes bounds the dynamic table of a decoder: the default that a client
// may count on without asking (RFC 9113, 6.5.2).
const tableBytes = 4 << 10

// initialWindow is what a window is without SETTINGS (RFC 9113, 6.9.2).
const initialWindow = 64<<10 - 1

// The windows that clients get. StreamWindow lets an upload over a round trip of
// 100 ms run at 2.5 MB/s; ConnWindow bounds what a connection can make us hold
// for backends that do not read. nginx has 64 KiB and no bound, HAProxy 64 KiB
// for each, Envoy advises 64 KiB and 1 MiB at the edge.
const (
	StreamWindow = 256 << 10
	ConnWindow   = 1 << 20
)

// BackendStreams is how many streams a connection to a backend has at once, if
// the backend does not want less. RFC 9113, 6.5.2 advises servers to allow no
// less than 100, and most allow that or a little more.
const BackendStreams = 100

// The windows that backends get. BackendStreamWindow bounds what we hold for a
// client that does not read; over a round trip of 1 ms it lets 128 MB/s through.
// BackendConnWindow has room for that on every stream, so that clients which do
// not read never hold up the others.
const (
	BackendStreamWindow = 128 << 10
	BackendConnWindow   = BackendStreams * BackendStreamWindow
)

// MaxStreams is how many streams a client may have open. RFC 9113, 6.5.2 advises
// no less than 100; nginx has 128.
const MaxStreams = 128

// smallData is what is too little for a DATA frame if only the window makes it
// so: what a peer gains by it is that we work for nothing.
const smallData = 256

// meterLimits say how often what an attacker lives on may happen: every, on
// average, and burst times at once. All of them are far over what browsers,
// gRPC and curl do, and far under what hurts.
var meterLimits = [meters]struct {
	every time.Duration
	burst int64
}{
	Resets:   {10 * time.Millisecond, 400}, // a page left in the middle: up to MaxStreams at once
	Pings:    {20 * time.Millisecond, 200}, // keepalive and drain: one in seconds
	Changes:  {time.Second, 20},            // SETTINGS: one at the start, then hardly ever
	Idlers:   {5 * time.Millisecond, 1000}, // Firefox sends a few PRIORITY a connection
	Dribbles: {5 * time.Millisecond, 1000},
}
