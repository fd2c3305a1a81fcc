package health

import "time"

const (
	// minInterval keeps a Config without an interval from probing in a tight
	// loop.
	minInterval = 10 * time.Millisecond

	// maxHeadBytes bounds the head of an answer, interim responses included: the
	// data plane's limit, so that a backend whose answers it passes on is up.
	maxHeadBytes = 64 << 10

	// maxBodyBytes is how much of a body is read before the connection is closed.
	// Only the status counts; the body is read so that the backend does not log
	// aborted clients.
	maxBodyBytes = 8 << 10

	// bodyTimeout is how long that may take: a backend that does not close the
	// connection after its answer delays the verdict by no more.
	bodyTimeout = time.Second

	// readBytes is the size of a read. Most answers to a probe fit in one.
	readBytes = 1 << 10
)
