package gateway

import "time"

const (
	// maxHeaderBytes bounds request line and header fields: the query of 256 KiB
	// that rpc takes, and as much again for the rest. What is longer is refused in
	// the API's form by the Port, before anybody is known to have sent it.
	maxHeaderBytes = 512 << 10

	// maxRefusedHead is how much of a request is kept for the case that net/http does
	// not understand it: enough for the request line, whose query names the format of
	// the answer.
	maxRefusedHead = 4 << 10

	// lingerTime and lingerBytes bound how much more is read of a request that was
	// refused before its end.
	lingerTime  = time.Second
	lingerBytes = 16 << 20

	// headerTimeout is from the first byte of a request to the end of its header
	// fields.
	headerTimeout = 10 * time.Second

	// readTimeout is from the first byte of a request to the end of its body.
	readTimeout = 30 * time.Second

	// callTimeout is how long an operation may take once its request was read. It
	// is far above any store transaction: what takes longer has stalled.
	callTimeout = 15 * time.Second

	// writeTimeout is from the end of the header fields to the last byte of the
	// answer: reading, doing and as much again as reading.
	writeTimeout = 2*readTimeout + callTimeout

	// idleTimeout is how long a connection waits for its next request. Clients
	// keep theirs for 90 s.
	idleTimeout = 2 * time.Minute

	// maxAccessKey bounds the access key ids that are looked up, in bytes. Those
	// of the public cloud have 16 to 30.
	maxAccessKey = 128

	// maxTurn bounds what a refused call is told to wait. In the shortest of it, at 10
	// calls a second, 100 refused calls have each a moment of its own.
	maxTurn = 10 * time.Second

	// minBuckets is the number of token buckets below which none is looked at for
	// removal. Some 100 KiB.
	minBuckets = 1024

	// auditLines bounds the audit lines that wait for their writer.
	auditLines = 1024

	// auditTimeout is how long a call waits for room among them, and Close for
	// the last of them to be written. A line that finds none is lost, and counted.
	auditTimeout = time.Second

	// strangerBurst is how many refused calls of strangers have an audit line of their
	// own at once, and strangerPause the time until one more has: what a person does
	// by mistake is seen, and who floods writes 10 MB a day.
	strangerBurst = 100
	strangerPause = 5 * time.Second

	// strangerSums is the time between two lines that sum the others up, of one
	// source and one kind of refusal each. maxStrangerSums of them are told apart.
	strangerSums    = time.Minute
	maxStrangerSums = 32

	// maxAuditValue bounds a parameter value in an audit line, in bytes.
	maxAuditValue = 256

	// maxAuditParams bounds the names and values of the parameters in an audit line
	// together, in bytes. The longest call that an operation takes, a list of 100
	// IDs of 128 bytes, fits.
	maxAuditParams = 16 << 10

	// maxAuditName bounds the action, the access key id and the name of a parameter
	// in an audit line, in bytes: before a call is authenticated they are a
	// stranger's text.
	maxAuditName = 128
)
