package h3

import "time"

// Farewell is how long an HTTP/3 client gets for each of the two GOAWAY until it
// has read it and what it had sent before has come. There is nothing that would
// tell when. Two round trips are enough for the network, and lost requests of a
// client that was busy.
const Farewell = time.Second

// MaxHeadRoom is how many bytes the unfinished heads of an HTTP/3 connection may take
// beyond headBytes each: 128 of 16 KiB, or 18 of 64 KiB. Over HTTP/1.1 and HTTP/2 only
// one head is unfinished at a time.
const MaxHeadRoom = 1 << 20

// ConnWindow is what a client may send on all streams of a connection before we have
// passed it on, to begin with; it grows with what the round trip needs.
const ConnWindow = 256 << 10
