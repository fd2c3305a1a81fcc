package exchange

import (
	"io"
	"slices"

	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/overload"
)

// An intake is what a client has sent: the head of the request under way, which
// stays where it is to the end of the exchange because everything refers to it,
// then perhaps its body or the requests after it.
type intake struct {
	short *buffer.Head // on loan; nil when b has outgrown it
	B     []byte       // b[:n] has been read, b[used:n] not been used
	N     int
	Used  int

	owner *overload.Holding // what the head is reckoned for
	extra int64             // bytes of it that are reckoned beyond an exchange

	// more means that the last read filled all the room it had, so that a TLS
	// connection may hold more of the same record.
	More bool
}

func (in *intake) open(owner *overload.Holding) {
	in.owner = owner
	in.short = buffer.TakeHead()
	in.B = in.short.B[:]
	in.N, in.Used, in.More = 0, 0, false
}

func (in *intake) close() {
	if in.short != nil {
		in.short.Release()
	}
	in.Reckon(0)
	*in = intake{}
}

// Next forgets what has been used and moves the rest to the front.
func (in *intake) Next() {
	in.N = copy(in.B, in.B[in.Used:in.N])
	in.Used = 0
}

// Rest is what has been read and not used.
func (in *intake) Rest() []byte { return in.B[in.Used:in.N] }

// Read reads once, and returns http1.ErrHeadLength if there is no room and may
// be none.
func (in *intake) Read(from io.Reader) error {
	if in.N == len(in.B) {
		if len(in.B) >= http1.MaxHeadBytes {
			return http1.ErrHeadLength
		}
		in.grow(min(2*len(in.B), http1.MaxHeadBytes))
	}
	n, err := from.Read(in.B[in.N:])
	in.N += n
	in.More = in.N == len(in.B)
	if n > 0 {
		return nil // an error will come again
	}
	return err
}

// grow moves everything to a buffer of size bytes. Heads that need it are rare
// enough to leave that buffer to the collector.
func (in *intake) grow(size int) {
	b := make([]byte, size)
	copy(b, in.B[:in.N])
	in.B = b
	if in.short != nil {
		in.short.Release()
		in.short = nil
	}
	in.Reckon(size)
}

// Reckon takes down that the head, or what has been made of it, takes n bytes; up to
// headBytes of them belong to an exchange anyway.
func (in *intake) Reckon(n int) {
	extra := int64(n)
	if n <= buffer.HeadBytes {
		extra = 0
	}
	if extra != in.extra {
		in.owner.Hold(extra - in.extra)
		in.extra = extra
	}
}

// Unread takes b back, which was read behind the end of a body. Everything
// read before has been used.
func (in *intake) Unread(b []byte) {
	if len(b) == 0 {
		return
	}
	if in.N+len(b) > len(in.B) {
		// What the head's slices refer to stays alive: the old bytes are
		// copied, the small buffer is kept from the pool.
		in.B = slices.Concat(in.B[:in.N], b)
		in.short = nil
		in.Reckon(len(in.B))
	} else {
		copy(in.B[in.N:], b)
	}
	in.N += len(b)
}
