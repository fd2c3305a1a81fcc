package http1

// MaxHeadBytes bounds a head, start line and final empty line included, and a
// trailer section: a longer request is refused with 431, a longer response head
// becomes a 502. 64 KiB is twice nginx's default (four buffers of 8 KiB), so a
// client that works there works here. Buffers grow up to it.
const MaxHeadBytes = 64 << 10

// MaxTargetBytes bounds a request target; a longer one is refused with 414.
// RFC 9112, 3 recommends at least 8,000; this is twice nginx's 8 KiB. Must be
// well under MaxHeadBytes, else 431 hides it.
const MaxTargetBytes = 16 << 10

// MaxFields bounds the field lines of one head. HAProxy allows 101, Envoy and
// Apache 100. A Field takes 56 bytes, so a Request that has reached the limit
// once keeps 14 KiB.
const MaxFields = 256

// maxMethodBytes bounds a method. The longest registered one,
// UPDATEREDIRECTREF, has 17; a method no server implements is a 501.
const maxMethodBytes = 32

// maxConnectionOptions bounds the options of all Connection fields together. Each
// unknown one costs a scan of all fields, so this times MaxFields bounds the
// work. Real messages have one or two.
const maxConnectionOptions = 32

// maxSizeDigits bounds the hexadecimal digits of a chunk size, leading zeros
// included: 16 digits are 64 bits.
const maxSizeDigits = 16

// Chunk extensions are useless to a proxy, which drops them, but cost parsing.
// freeExtensionBytes of each chunk are not counted: the longest in practice, the
// signature of a signed upload to an object store, has 81. Longer ones draw on
// maxExtensionBytes, which applies to the whole body. Together they stay under
// the 4 KiB that net/http allows in a line.
const (
	freeExtensionBytes = 128
	maxExtensionBytes  = 2 << 10
)

// maxResponseTrailers bounds the bytes read of a response's trailer section. What
// exceeds MaxHeadBytes is dropped, so that the message still completes; above
// this limit the response is aborted. A trailer section of a request over
// MaxHeadBytes is refused.
const maxResponseTrailers = 16 * MaxHeadBytes

// keptTrailerBytes is the largest trailer buffer, in bytes, that a Body keeps for
// reuse.
const keptTrailerBytes = 8 << 10
