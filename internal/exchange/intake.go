package exchange

import (
	"io"
	"slices"

	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/overload"
)

// An intake buffers what a client has sent: the head of the current request, which
// must not move until the exchange ends because slices refer to it, and after it
// perhaps body bytes or pipelined requests.
type intake struct {
	short *buffer.Head // from the pool; nil once b has outgrown it
	B     []byte       // B[:N] has been read, B[Used:N] not been consumed
	N     int
	Used  int
	Head  int // length of the head of an HTTP/1.1 request in B

	owner *overload.Holding // account of the memory of the head
	extra int64             // bytes charged beyond those of an exchange

	// More reports that the last read filled all the room it had, so that a TLS connection
	// may hold more of the same record.
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

// Next discards what has been consumed and moves the rest to the front.
func (in *intake) Next() {
	in.N = copy(in.B, in.B[in.Used:in.N])
	in.Used = 0
}

// Rest returns what has been read and not consumed.
func (in *intake) Rest() []byte { return in.B[in.Used:in.N] }

// Read reads once, and returns http1.ErrHeadLength if the buffer is full and must not
// grow.
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
		return nil // the next read returns the error again
	}
	return err
}

// grow moves everything to a buffer of size bytes. Heads that need one are rare, so
// the buffer is not pooled.
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

// Reckon charges n bytes for the head, or for what was decoded from it, to the memory
// account; up to headBytes of them are already covered by the exchange.
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

// skipBody consumes a body of n bytes, and reports whether it could: whether the body was
// sent together with the head. Otherwise the part that has not arrived would have to be
// discarded.
func (in *intake) skipBody(n int64) bool {
	if n <= 0 {
		return true
	}
	if n > int64(in.N-in.Head) {
		return false
	}
	in.Used = in.Head + int(n)
	return true
}

// Unread puts b back, which was read beyond the end of a body. Everything read before
// must have been consumed.
func (in *intake) Unread(b []byte) {
	if len(b) == 0 {
		return
	}
	if in.N+len(b) > len(in.B) {
		// The slices of the head stay valid: the old bytes are copied, and the small
		// buffer is not returned to the pool.
		in.B = slices.Concat(in.B[:in.N], b)
		in.short = nil
		in.Reckon(len(in.B))
	} else {
		copy(in.B[in.N:], b)
	}
	in.N += len(b)
}
