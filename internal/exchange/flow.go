package exchange

import (
	"io"
	"syscall"

	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/socket"
)

// A flow carries a body through a buffer. Raw bytes are read in at the end, decoded in
// place, and leave as a payload with room on both sides for the framing of the other
// side: one read, one write, and no copy except to remove chunk lines. It holds no
// buffer while it is empty.
type flow struct {
	Buf  *buffer.Buffer // nil: nothing is in it
	r, W int            // Buf.B[r:W] has been read and not decoded
	Body http1.Body
	Long bool // the next buffer is a long one

	got      int // bytes returned by the current read
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates
}

// tailRoom is kept free at the end of the buffer for what follows a payload: the end
// of its chunk and the last chunk.
const tailRoom = 16

// Open takes a buffer if there is none.
func (f *flow) Open() {
	switch {
	case f.Buf != nil:
		return
	case f.Long:
		f.Buf = buffer.TakeLong()
	default:
		f.Buf = buffer.Take()
	}
	f.r, f.W = HeadRoom, HeadRoom
}

// lengthen makes the next buffer a long one if the last read filled this one and the
// client is swift, and an ordinary one if it is not swift. It is called when the data
// of the last read has been forwarded.
func (f *flow) lengthen(swift bool) {
	if f.Buf == nil || f.r < f.W { // an incomplete chunk line is left
		return
	}
	if long := swift && (f.Long || f.W == len(f.Buf.B)-tailRoom); long != f.Long {
		f.Drop()
		f.Long = long
	}
}

// Drop returns the buffer to its pool and discards its content.
func (f *flow) Drop() {
	if f.Buf != nil {
		f.Buf.Release()
		f.Buf = nil
	}
	f.r, f.W = HeadRoom, HeadRoom
}

// grow makes room for a head that has reached the end of the buffer: first by moving
// it to the front, then by a long buffer, which holds http1.MaxHeadBytes. It reports
// whether there is room.
func (f *flow) grow() bool {
	if !f.full() {
		return true
	}
	to := f.Buf
	if f.r == HeadRoom {
		if len(f.Buf.B) == buffer.LongBytes {
			return false
		}
		to = buffer.TakeLong()
	}
	f.W = HeadRoom + copy(to.B[HeadRoom:], f.Buf.B[f.r:f.W])
	f.r = HeadRoom
	if to != f.Buf {
		f.Buf.Release()
		f.Buf = to
	}
	return true
}

// read reads once from c. It takes a buffer only when there is something to read.
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
	f.Open()
	f.got, f.readErr = socket.ReadFD(fd, f.Space())
	f.W += f.got
	if f.r == f.W {
		f.Drop()
	}
	if f.got == 0 && f.readErr == nil {
		f.readErr = io.EOF
	}
	return f.readErr != syscall.EAGAIN
}

// full reports whether there is no room to read into.
func (f *flow) full() bool { return f.r < f.W && f.W == len(f.Buf.B)-tailRoom }

// Space returns the free space to read into. Data that has been decoded is
// overwritten.
func (f *flow) Space() []byte {
	if f.r == f.W {
		f.r, f.W = HeadRoom, HeadRoom
	}
	return f.Buf.B[f.W : len(f.Buf.B)-tailRoom]
}

// Left returns the bytes that have been read and not decoded. After Payload has
// reached the end of the body, they are what follows it.
func (f *flow) Left() []byte {
	if f.Buf == nil {
		return nil
	}
	return f.Buf.B[f.r:f.W]
}

// Payload decodes everything that has been read, up to the end of the body:
// Buf.B[from:to] is body, with at least HeadRoom free bytes before it and tailRoom
// after it.
func (f *flow) Payload() (from, to int, err error) {
	f.Open()
	b := f.Buf.B
	from, to = f.r, f.r
	for f.r < f.W && !f.Body.Done() {
		p, n, err := f.Body.Next(b[f.r:f.W])
		if err != nil {
			return from, to, err
		}
		if len(p) > 0 {
			if &p[0] != &b[to] { // only in a chunked body
				copy(b[to:], p)
			}
			to += len(p)
		}
		f.r += n
	}
	return from, to, nil
}

// FrameChunk puts the chunked coding around b[from:to], including the last chunk if
// last, and returns the new bounds.
func FrameChunk(b []byte, from, to int, last bool) (int, int) {
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
