package upstream

import (
	"time"

	"elbow/internal/http2"
)

// dialTimeout is how long a backend may take to accept a connection. A backend in
// the same site answers within milliseconds; 5s allow for three SYNs (the second
// after 1s, the third after 3s).
const dialTimeout = 5 * time.Second

// maxIdle bounds the idle connections to one backend. Each costs a file
// descriptor and a few KiB of kernel memory at both ends, most of which a burst
// has already allocated.
const maxIdle = 1024

// maxIdleAge is how long a connection stays idle before it is closed. Backends
// close theirs after 5s (Node.js, Apache) to 75s (nginx); those closed earlier
// are detected before reuse. Longer than the pauses of a busy site, short enough
// that the pool follows a falling load.
const maxIdleAge = 30 * time.Second

// trustFor is how long after an answer a backend is assumed to have sent nothing.
const trustFor = time.Millisecond

// trustAfter is the number of checks in a row that must find a clean connection
// before a backend is trusted. A backend that closes connections more often than
// once in that many requests is checked each time; of the others fewer than one
// request in a thousand waits.
const trustAfter = 1000

// openTries bounds the attempts to open a stream: each finds a connection that
// has ended or filled up meanwhile.
const openTries = 4

// lastStream is the stream id from which on a connection opens no more streams.
// The maximum is 2^31-1 (RFC 9113, 5.1.1); the difference is for streams being
// opened.
const lastStream = 1<<31 - 1<<10

// queueRoom is the length of an HTTP/2 connection's write queue, in bytes, above
// which requests wait. Other frames are queued all the same; http2.Meters bound
// them.
const queueRoom = 64 << 10

// maxBlocks bounds the header blocks of an answer that have arrived and were not
// taken: interim heads, the head, and trailers. There is no backpressure on them,
// so interim heads above the limit are dropped. The last place is for the block
// at the end of the stream.
const maxBlocks = 64

// maxLastBlockBytes bounds the header block at the end of a stream. It has the
// status of a gRPC call, which must be passed on even if most of the other
// trailers do not fit (http1.MaxHeadBytes); the decoder accepts as much.
const maxLastBlockBytes = 2 * http2.MaxBlockBytes

// maxKeptBytes is the largest memory for header blocks that a stream keeps for
// the next exchange. Nine in ten answers have less.
const maxKeptBytes = 4 << 10

// stallTimeout is how long a backend may read nothing from an HTTP/2 connection.
// A busy backend uses its windows to slow us down, so a full socket means that it
// is stuck.
const stallTimeout = 30 * time.Second

// farewell is how long writing the last frames of a connection may take.
const farewell = 2 * time.Second

// A backend that vanished without FIN or RST is detected after keepAliveIdle +
// keepAliveProbes × keepAliveInterval, a minute.
const (
	keepAliveIdle     = 30 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveProbes   = 3
)
