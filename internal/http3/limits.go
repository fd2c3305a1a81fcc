package http3

// MaxListBytes bounds a decoded field section, as defined by RFC 9114, 4.2.2; a
// longer one gets 431. Equal to the limit for HTTP/1.1 (http1.MaxHeadBytes).
const MaxListBytes = 64 << 10

// MaxBlockBytes bounds an encoded field section, head or trailers: the payload of
// a HEADERS frame. Encoding makes it shorter, except for its two-byte prefix and
// a few bytes for long lengths.
const MaxBlockBytes = MaxListBytes

// maxBombBytes bounds the decoded size of a block. A byte stands for at most 101,
// by the static table, so MaxBlockBytes alone is no bound.
const maxBombBytes = 4 * MaxListBytes

// maxControlFrame bounds a frame of a control stream. SETTINGS of browsers have
// some 30 bytes, the other frames one number.
const maxControlFrame = 1 << 10

// maxSettings bounds the settings of a SETTINGS frame, because each is compared
// with those before. Browsers send 6.
const maxSettings = 32

// maxFields is the largest slice of fields that a Section keeps for reuse. A
// section of MaxListBytes can have 2048 fields, which no legitimate one has.
const maxFields = 128
