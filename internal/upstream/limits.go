package upstream

import (
	"time"

	"elbow/internal/http2"
)

// dialTimeout is how long a backend may take to accept a connection. A backend
// in the same site answers within milliseconds; 5s lets a lost SYN be sent
// three times (after 1s and 3s).
const dialTimeout = 5 * time.Second

// maxIdle bounds the idle connections to one backend. Each costs a file
// descriptor and a few KiB of kernel memory here and there, most of which a
// burst has already paid for.
const maxIdle = 1024

// maxIdleAge is how long a connection stays idle before it is closed. Backends
// close theirs after 5s (Node.js, Apache) to 75s (nginx); those that go first
// are found before reuse. Longer than the pauses of a busy site, short enough
// that the pool follows the load down.
const maxIdleAge = 30 * time.Second

// trustFor is how long a backend is taken to be silent after an answer.
const trustFor = time.Millisecond

// trustAfter is after how many looks in a row that found a connection clean a
// backend is trusted. One that closes more often than once in that many requests is
// looked at each time; of the others fewer than one in a thousand waits.
const trustAfter = 1000

// openTries bounds the tries to open a stream: on a connection that has ended or
// filled up meanwhile, another one is in order, but not for ever.
const openTries = 4

// lastStream is the number from which on a connection takes no more streams. There
// is none above 2^31-1 (RFC 9113, 5.1.1); the difference is for those on their way.
const lastStream = 1<<31 - 1<<10

// queueRoom is how many bytes of an HTTP/2 connection may wait to be written before
// requests have to wait. Frames that are not of requests are let in all the same;
// http2.Meters bound them.
const queueRoom = 64 << 10

// maxBlocks bounds the header blocks of an answer that have come and not been
// taken: interim heads, the head, and trailers. Nothing slows a backend down that
// sends them, so that interim heads beyond it are dropped. The last place is for
// the block at the end of the stream.
const maxBlocks = 64

// maxLastBlockBytes bounds the header block at the end of a stream. It has the
// status of a gRPC call, which must be told even if most of what stands beside it
// has no room (http1.MaxHeadBytes); the decoder takes as much.
const maxLastBlockBytes = 2 * http2.MaxBlockBytes

// maxKeptBytes is how much memory for header blocks a stream keeps for the next
// exchange. Nine in ten answers have less.
const maxKeptBytes = 4 << 10

// stallTimeout is how long a backend may read nothing of an HTTP/2 connection. It
// has windows to say that it is busy, so that silence means that it is stuck.
const stallTimeout = 30 * time.Second

// farewell is how long the last frames of a connection may take to be written.
const farewell = 2 * time.Second

// A backend that vanished without a word is found after
// keepAliveIdle + keepAliveProbes × keepAliveInterval, a minute.
const (
	keepAliveIdle     = 30 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveProbes   = 3
)
