package gateway

import "time"

const (
	// maxHeaderBytes bounds request line and header fields: the query of 256 KiB
	// that rpc accepts, and as much again for the rest. Longer ones are refused
	// in the API's form by the Port, before the client is authenticated.
	maxHeaderBytes = 512 << 10

	// maxRefusedHead is how much of a request is kept for the case that net/http
	// cannot parse it: enough for the request line, whose query has the format of
	// the answer.
	maxRefusedHead = 4 << 10

	// lingerTime and lingerBytes bound how much more is read of a request that
	// was refused before its end.
	lingerTime  = time.Second
	lingerBytes = 16 << 20

	// headerTimeout is from the first byte of a request to the end of its header
	// fields.
	headerTimeout = 10 * time.Second

	// readTimeout is from the first byte of a request to the end of its body.
	readTimeout = 30 * time.Second

	// callTimeout is how long an operation may take after its request was read.
	// It is far above any store transaction: a longer one has stalled.
	callTimeout = 15 * time.Second

	// writeTimeout is from the end of the header fields to the last byte of the
	// answer: reading, the operation, and as much again as reading.
	writeTimeout = 2*readTimeout + callTimeout

	// idleTimeout is how long a connection waits for its next request. Clients
	// keep theirs for 90 s.
	idleTimeout = 2 * time.Minute

	// maxAccessKey bounds the access key ids that are looked up, in bytes. Those
	// of the public cloud have 16 to 30.
	maxAccessKey = 128

	// maxTurn bounds the Retry-After of a refused call. Within it, at 10 calls a
	// second, 100 refused calls get different times.
	maxTurn = 10 * time.Second

	// minBuckets is the number of token buckets below which full ones are not
	// removed. Some 100 KiB.
	minBuckets = 1024

	// auditLines bounds the audit lines queued for the writer.
	auditLines = 1024

	// auditTimeout is how long a call waits for room in the queue, and Close for
	// the last lines to be written. A line that finds no room is lost, and
	// counted.
	auditTimeout = time.Second

	// anonymousBurst is the number of refused unauthenticated calls that may have an audit
	// line of their own at once, and anonymousPause the time until one more may. So single
	// mistakes are logged, and a flood writes 10 MB a day.
	anonymousBurst = 100
	anonymousPause = 5 * time.Second

	// anonymousSums is the interval of the lines that sum the others up, one for
	// each source and kind of refusal. There are at most maxAnonymousSums of them.
	anonymousSums    = time.Minute
	maxAnonymousSums = 32

	// maxAuditValue bounds a parameter value in an audit line, in bytes.
	maxAuditValue = 256

	// maxAuditParams bounds the names and values of the parameters in an audit
	// line together, in bytes. The longest valid call, with a list of 100 IDs of
	// 128 bytes, fits.
	maxAuditParams = 16 << 10

	// maxAuditName bounds the action, the access key id and the name of a
	// parameter in an audit line, in bytes: before a call is authenticated they
	// are arbitrary text.
	maxAuditName = 128
)
