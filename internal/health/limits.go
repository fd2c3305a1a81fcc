package health

import "time"

const (
	// minInterval keeps a Config without an interval from probing without end.
	minInterval = 10 * time.Millisecond

	// maxHeadBytes bounds the head of an answer, interim responses included: what
	// the data plane takes, so that a backend whose answers it passes on is up.
	maxHeadBytes = 64 << 10

	// maxBodyBytes is how much of a body is read before the connection is
	// closed. Only the status counts; what fits is read so that the backend's
	// log does not fill with clients that break off.
	maxBodyBytes = 8 << 10

	// bodyTimeout is how long that may take: a backend that does not close the
	// connection after its answer must not delay the verdict by more.
	bodyTimeout = time.Second

	// readBytes is the size of a read. Most answers to a probe fit in one.
	readBytes = 1 << 10
)
