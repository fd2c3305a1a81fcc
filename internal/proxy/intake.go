package proxy

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
	b     []byte       // b[:n] has been read, b[used:n] not been used
	n     int
	used  int

	owner *overload.Holding // what the head is reckoned for
	extra int64             // bytes of it that are reckoned beyond an exchange

	// more means that the last read filled all the room it had, so that a TLS
	// connection may hold more of the same record.
	more bool
}

func (in *intake) open(owner *overload.Holding) {
	in.owner = owner
	in.short = buffer.TakeHead()
	in.b = in.short.B[:]
	in.n, in.used, in.more = 0, 0, false
}

func (in *intake) close() {
	if in.short != nil {
		in.short.Release()
	}
	in.reckon(0)
	*in = intake{}
}

// next forgets what has been used and moves the rest to the front.
func (in *intake) next() {
	in.n = copy(in.b, in.b[in.used:in.n])
	in.used = 0
}

// rest is what has been read and not used.
func (in *intake) rest() []byte { return in.b[in.used:in.n] }

// read reads once, and returns http1.ErrHeadLength if there is no room and may
// be none.
func (in *intake) read(from io.Reader) error {
	if in.n == len(in.b) {
		if len(in.b) >= http1.MaxHeadBytes {
			return http1.ErrHeadLength
		}
		in.grow(min(2*len(in.b), http1.MaxHeadBytes))
	}
	n, err := from.Read(in.b[in.n:])
	in.n += n
	in.more = in.n == len(in.b)
	if n > 0 {
		return nil // an error will come again
	}
	return err
}

// grow moves everything to a buffer of size bytes. Heads that need it are rare
// enough to leave that buffer to the collector.
func (in *intake) grow(size int) {
	b := make([]byte, size)
	copy(b, in.b[:in.n])
	in.b = b
	if in.short != nil {
		in.short.Release()
		in.short = nil
	}
	in.reckon(size)
}

// reckon takes down that the head, or what has been made of it, takes n bytes; up to
// headBytes of them belong to an exchange anyway.
func (in *intake) reckon(n int) {
	extra := int64(n)
	if n <= buffer.HeadBytes {
		extra = 0
	}
	if extra != in.extra {
		in.owner.Hold(extra - in.extra)
		in.extra = extra
	}
}

// unread takes b back, which was read behind the end of a body. Everything
// read before has been used.
func (in *intake) unread(b []byte) {
	if len(b) == 0 {
		return
	}
	if in.n+len(b) > len(in.b) {
		// What the head's slices refer to stays alive: the old bytes are
		// copied, the small buffer is kept from the pool.
		in.b = slices.Concat(in.b[:in.n], b)
		in.short = nil
		in.reckon(len(in.b))
	} else {
		copy(in.b[in.n:], b)
	}
	in.n += len(b)
}
