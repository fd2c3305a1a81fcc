package h3

import "time"

// Farewell is the time after each of the two GOAWAY frames for the client to read it
// and for requests in transit to arrive. No signal confirms either. It is enough for
// two round trips, and for retransmissions or a busy client.
const Farewell = time.Second

// MaxHeadRoom bounds the bytes that the unfinished heads of an HTTP/3 connection may
// take beyond headBytes each: 128 heads of 16 KiB, or 18 of 64 KiB. Over HTTP/1.1 and
// HTTP/2 only one head is unfinished at a time.
const MaxHeadRoom = 1 << 20

// ConnWindow is the initial flow-control window of a connection in bytes; it grows as
// the round-trip time requires.
const ConnWindow = 256 << 10
