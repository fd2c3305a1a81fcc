package proxy

import "elbow/internal/http1"

// A flow is a body on its way through a buffer. Raw bytes come in at the end,
// are decoded where they lie, and leave as a payload with room on both sides
// for the framing of the other side: one read, one write, no copy but where
// chunk lines are squeezed out.
type flow struct {
	buf  *buffer
	r, w int // buf.b[r:w] has come in and is not decoded
	body http1.Body
}

// tailRoom is left free at the end of the buffer for what follows a payload:
// the end of its chunk and the last chunk.
const tailRoom = 16

// start makes the flow ready for a body of this framing, with a buffer if it
// has none. What the buffer holds undecoded stays.
func (f *flow) start(framing http1.Framing, length int64) {
	f.body.Reset(framing, length)
	f.open()
}

// open takes a buffer if there is none.
func (f *flow) open() {
	if f.buf == nil {
		f.buf, f.r, f.w = takeBuffer(), headRoom, headRoom
	}
}

// end gives the buffer back.
func (f *flow) end() {
	if f.buf != nil {
		f.buf.release()
		f.buf = nil
	}
}

// space returns where to read to. What has been decoded is overwritten.
func (f *flow) space() []byte {
	if f.r == f.w {
		f.r, f.w = headRoom, headRoom
	}
	return f.buf.b[f.w : len(f.buf.b)-tailRoom]
}

// left is what has come in and is not decoded. After payload it is what
// follows the end of the body.
func (f *flow) left() []byte { return f.buf.b[f.r:f.w] }

// payload decodes all that has come in, up to the end of the body: buf.b[from:to]
// is body, with at least headRoom free bytes before it and tailRoom after it.
func (f *flow) payload() (from, to int, err error) {
	b := &f.buf.b
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
