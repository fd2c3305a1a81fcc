package http3

// MaxListBytes bounds a field section decoded, counted as RFC 9114, 4.2.2 does;
// a longer one gets 431. As long as what HTTP/1.1 may send (http1.MaxHeadBytes).
const MaxListBytes = 64 << 10

// MaxBlockBytes bounds a field section as it is sent, head or trailers: the
// payload of a HEADERS frame. Compression only ever makes it shorter, but for the two bytes it begins
// with and a few for long lengths.
const MaxBlockBytes = MaxListBytes

// maxBombBytes bounds what a block may decode to. A byte stands for 101 at most,
// by the static table, so MaxBlockBytes alone is no bound.
const maxBombBytes = 4 * MaxListBytes

// maxControlFrame bounds a frame of a control stream. SETTINGS of browsers have
// some 30 bytes, the other frames one number.
const maxControlFrame = 1 << 10

// maxSettings bounds the settings of a SETTINGS frame, as each is compared with
// those before. Browsers send 6.
const maxSettings = 32

// maxFields is how long a Section keeps its slice of fields. A section of
// MaxListBytes can have 2048 of them, which honest ones never do.
const maxFields = 128
