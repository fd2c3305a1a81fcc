package h2

import "time"

// queueRoom is how many bytes of an HTTP/2 connection may wait to be written
// before answers have to wait. They are written as one: four TLS records, one
// system call. Frames that are not of answers are let in all the same;
// http2.Meters bound them.
const queueRoom = 64 << 10

// goAwayTimeout is how long the answer to the PING behind the first GOAWAY is
// waited for. A round trip is enough; clients that are busy may take longer.
const goAwayTimeout = time.Second
