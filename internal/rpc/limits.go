package rpc

import "time"

const (
	// maxQueryBytes bounds the query of a request as sent; a longer one is
	// RequestEntityTooLarge. The official clients put everything into the query,
	// a certificate chain with its key included: 64 KiB of PEM, percent-encoded,
	// fit twice. http.Server.MaxHeaderBytes must be well above it, or the client
	// gets a bare 431 instead of this error.
	maxQueryBytes = 256 << 10

	// maxBodyBytes bounds a request body; a longer one is RequestEntityTooLarge.
	// It is the limit of the query.
	maxBodyBytes = maxQueryBytes

	// maxParams bounds the parameters of a request, query and body together. The
	// operation with the most parameters has some 30, and 20 tags of two names
	// each.
	maxParams = 1024

	// maxNonceBytes bounds a signature nonce. Clients send a UUID or 32 hex
	// digits.
	maxNonceBytes = 256

	// maxAuthorizationBytes bounds an Authorization field. The official clients
	// need some 300 bytes.
	maxAuthorizationBytes = 4 << 10

	// maxParamNameBytes bounds the parameter name that an error code repeats.
	maxParamNameBytes = 64

	// ClockWindow is the maximum difference between the time of a call and ours,
	// in either direction.
	ClockWindow = 15 * time.Minute

	// nonceLife is how long a nonce is remembered: a call dated ClockWindow ahead
	// of us stays acceptable until ClockWindow after its date.
	nonceLife = 2 * ClockWindow

	// maxNonces bounds the nonces remembered for one access key: 145 calls a
	// second, sustained for nonceLife. Some 20 MiB.
	maxNonces = 256 << 10

	// maxNoncesTotal bounds the nonces of all access keys together. Some 80 MiB.
	maxNoncesTotal = 4 * maxNonces

	// callTimeout bounds a Client's call whose context has no deadline, from the
	// dial to the last byte of the answer. It is longer than the server takes for
	// its slowest call.
	callTimeout = 60 * time.Second

	// maxAnswerBytes bounds the answer that a Client reads. The largest page of
	// the largest list is under 1 MiB.
	maxAnswerBytes = 16 << 20
)
