package http2

import "time"

// MaxFrame bounds the payload of a frame, both ways: the size that every peer
// must accept (RFC 9113, 4.2), and close to that of a TLS record.
const MaxFrame = 16 << 10

// MaxListBytes bounds a header list, as defined by RFC 9113, 6.5.2; a longer one
// gets 431. Equal to the limit for HTTP/1.1 (http1.MaxHeadBytes).
const MaxListBytes = 64 << 10

// MaxBlockBytes bounds a header block before it is decoded. Twice MaxListBytes,
// so that a list that is somewhat too long gets an answer and does not end the
// connection.
const MaxBlockBytes = 2 * MaxListBytes

// maxBombBytes bounds the decoded size of a block. A reference of one byte can
// stand for 4 KiB of the dynamic table, so MaxBlockBytes alone is no bound.
const maxBombBytes = 4 * MaxListBytes

// MaxContinuations bounds the frames of one header block after the first. With
// full frames MaxBlockBytes takes 8; the rest is for clients that split blocks
// into smaller frames.
const MaxContinuations = 32

// tableBytes bounds the dynamic table of a decoder: the default that a client
// may count on without asking (RFC 9113, 6.5.2).
const tableBytes = 4 << 10

// initialWindow is the size of a window without SETTINGS (RFC 9113, 6.9.2).
const initialWindow = 64<<10 - 1

// The windows granted to clients. StreamWindow lets an upload over a round trip
// of 100 ms run at 2.5 MB/s; ConnWindow bounds what a connection can make us
// buffer for backends that do not read. nginx uses 64 KiB and no bound, HAProxy
// 64 KiB for each, Envoy advises 64 KiB and 1 MiB at the edge.
const (
	StreamWindow = 256 << 10
	ConnWindow   = 1 << 20
)

// BackendStreams is the number of concurrent streams on a connection to a
// backend, unless the backend allows fewer. RFC 9113, 6.5.2 advises servers to
// allow no less than 100, and most allow that or a little more.
const BackendStreams = 100

// The windows granted to backends. BackendStreamWindow bounds what we buffer for
// a client that does not read; over a round trip of 1 ms it allows 128 MB/s.
// BackendConnWindow has room for that on every stream, so that clients which do
// not read never block the others.
const (
	BackendStreamWindow = 128 << 10
	BackendConnWindow   = BackendStreams * BackendStreamWindow
)

// MaxStreams is the number of concurrent streams of a client. RFC 9113, 6.5.2
// advises no less than 100; nginx has 128.
const MaxStreams = 128

// smallData is the size, in bytes, below which a DATA frame counts as too small
// if only the window makes it so: a peer can use that to cause needless work.
const smallData = 256

// meterLimits are the rates of events that attacks consist of: one per every on
// average, and burst at once. All of them are far over what browsers, gRPC and
// curl do, and far under what does harm.
var meterLimits = [meters]struct {
	every time.Duration
	burst int64
}{
	Resets:   {10 * time.Millisecond, 400}, // a page closed while loading: up to MaxStreams at once
	Pings:    {20 * time.Millisecond, 200}, // keepalive and drain: one in seconds
	Changes:  {time.Second, 20},            // SETTINGS: one at the start, then rarely
	Idlers:   {5 * time.Millisecond, 1000}, // Firefox sends a few PRIORITY a connection
	Dribbles: {5 * time.Millisecond, 1000},
}
