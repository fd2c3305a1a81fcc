package proxy

import (
	"io"
	"syscall"

	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/socket"
)

// A flow is a body on its way through a buffer. Raw bytes come in at the end,
// are decoded where they lie, and leave as a payload with room on both sides
// for the framing of the other side: one read, one write, no copy but where
// chunk lines are squeezed out. While nothing is on its way it holds no buffer.
type flow struct {
	buf  *buffer.Buffer // nil: nothing is in it
	r, w int            // buf.b[r:w] has come in and is not decoded
	body http1.Body
	long bool // the next buffer is a long one

	got      int // what the read under way has brought
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates
}

// tailRoom is left free at the end of the buffer for what follows a payload:
// the end of its chunk and the last chunk.
const tailRoom = 16

// open takes a buffer if there is none.
func (f *flow) open() {
	switch {
	case f.buf != nil:
		return
	case f.long:
		f.buf = buffer.TakeLong()
	default:
		f.buf = buffer.Take()
	}
	f.r, f.w = headRoom, headRoom
}

// lengthen makes the next buffer a long one if the last read filled this one and
// swift, an ordinary one if not swift. It is called when what was read is done with.
func (f *flow) lengthen(swift bool) {
	if f.buf == nil || f.r < f.w { // a chunk's line is not whole
		return
	}
	if long := swift && (f.long || f.w == len(f.buf.B)-tailRoom); long != f.long {
		f.drop()
		f.long = long
	}
}

// drop gives the buffer back, with whatever is in it.
func (f *flow) drop() {
	if f.buf != nil {
		f.buf.Release()
		f.buf = nil
	}
	f.r, f.w = headRoom, headRoom
}

// grow makes room for a head that has come to the end of the buffer: by what lies
// before it, then by a long buffer, which takes http1.MaxHeadBytes. It reports
// whether there is any.
func (f *flow) grow() bool {
	if !f.full() {
		return true
	}
	to := f.buf
	if f.r == headRoom {
		if len(f.buf.B) == buffer.LongBytes {
			return false
		}
		to = buffer.TakeLong()
	}
	f.w = headRoom + copy(to.B[headRoom:], f.buf.B[f.r:f.w])
	f.r = headRoom
	if to != f.buf {
		f.buf.Release()
		f.buf = to
	}
	return true
}

// read reads once from c, with a buffer from the moment on when there is
// something to read.
func (f *flow) read(c *socket.Conn) (int, error) {
	if f.readOnce == nil {
		f.readOnce = f.tryRead
	}
	if err := c.WhenReadable(f.readOnce); err != nil {
		return 0, err
	}
	return f.got, f.readErr
}

func (f *flow) tryRead(fd uintptr) bool {
	f.open()
	f.got, f.readErr = socket.ReadFD(fd, f.space())
	f.w += f.got
	if f.r == f.w {
		f.drop()
	}
	if f.got == 0 && f.readErr == nil {
		f.readErr = io.EOF
	}
	return f.readErr != syscall.EAGAIN
}

// full reports whether there is no room to read to.
func (f *flow) full() bool { return f.r < f.w && f.w == len(f.buf.B)-tailRoom }

// space returns where to read to. What has been decoded is overwritten.
func (f *flow) space() []byte {
	if f.r == f.w {
		f.r, f.w = headRoom, headRoom
	}
	return f.buf.B[f.w : len(f.buf.B)-tailRoom]
}

// left is what has come in and is not decoded. After payload it is what
// follows the end of the body.
func (f *flow) left() []byte {
	if f.buf == nil {
		return nil
	}
	return f.buf.B[f.r:f.w]
}

// payload decodes all that has come in, up to the end of the body: buf.b[from:to]
// is body, with at least headRoom free bytes before it and tailRoom after it.
func (f *flow) payload() (from, to int, err error) {
	f.open()
	b := f.buf.B
	from, to = f.r, f.r
	for f.r < f.w && !f.body.Done() {
		p, n, err := f.body.Next(b[f.r:f.w])
		if err != nil {
			return from, to, err
		}
		if len(p) > 0 {
			if &p[0] != &b[to] { // as it always is but in a chunked body
				copy(b[to:], p)
			}
			to += len(p)
		}
		f.r += n
	}
	return from, to, nil
}

// frameChunk puts the chunked coding around b[from:to], the end of the body
// after it if last, and returns the new bounds.
func frameChunk(b []byte, from, to int, last bool) (int, int) {
	if to > from {
		var line [http1.MaxChunkHeader]byte
		l := http1.AppendChunkHeader(line[:0], to-from)
		from -= copy(b[from-len(l):], l)
		to += copy(b[to:], "\r\n")
	}
	if last {
		to += copy(b[to:], "0\r\n\r\n")
	}
	return from, to
}
