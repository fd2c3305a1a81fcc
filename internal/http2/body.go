package http2

import "sync"

// A Body is what has come of a message's body and not been passed on. The
// window of its stream bounds it. While nothing is in it, it holds no buffer.
type Body struct {
	buffers []*bodyBuffer
	r, w    int // buffers[0][r:] to the last one's [:w]
	n       int // bytes in all
}

// A bodyBuffer takes what the longest DATA frame carries.
type bodyBuffer [MaxFrame]byte

var bodyBuffers = sync.Pool{New: func() any { return new(bodyBuffer) }}

// Len is how many bytes are in it.
func (b *Body) Len() int { return b.n }

// Holds is how many bytes of memory it takes.
func (b *Body) Holds() int { return len(b.buffers) * MaxFrame }

// Put appends a copy of p.
func (b *Body) Put(p []byte) {
	b.n += len(p)
	for len(p) > 0 {
		if len(b.buffers) == 0 || b.w == MaxFrame {
			b.buffers = append(b.buffers, bodyBuffers.Get().(*bodyBuffer))
			b.w = 0
		}
		n := copy(b.buffers[len(b.buffers)-1][b.w:], p)
		b.w += n
		p = p[n:]
	}
}

// Take moves as much as fits to p.
func (b *Body) Take(p []byte) (n int) {
	for b.n > 0 && n < len(p) {
		first := b.buffers[0]
		end := MaxFrame
		if len(b.buffers) == 1 {
			end = b.w
		}
		m := copy(p[n:], first[b.r:end])
		n += m
		b.r += m
		b.n -= m
		if b.r == end {
			bodyBuffers.Put(first)
			b.buffers = b.buffers[:copy(b.buffers, b.buffers[1:])]
			b.r = 0
		}
	}
	if len(b.buffers) == 0 {
		b.w = 0
	}
	return n
}

// Release gives all of it back.
func (b *Body) Release() {
	for i, buf := range b.buffers {
		bodyBuffers.Put(buf)
		b.buffers[i] = nil
	}
	*b = Body{buffers: b.buffers[:0]}
}
