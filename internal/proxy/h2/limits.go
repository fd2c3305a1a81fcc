package h2

import "time"

// queueRoom is how many bytes may be queued on an HTTP/2 connection before answers
// have to wait. They are written together: four TLS records, one system call. Frames
// that belong to no answer are always queued; http2.Meters bound them.
const queueRoom = 64 << 10

// goAwayTimeout bounds the wait for the answer to the PING after the first GOAWAY. A
// round trip is enough; busy clients may take longer.
const goAwayTimeout = time.Second
