package http2

import "sync"

// A Body buffers the received part of a message's body that was not passed on.
// The window of its stream bounds it. An empty Body holds no buffer.
type Body struct {
	buffers []*bodyBuffer
	r, w    int // buffers[0][r:] to the last one's [:w]
	n       int // total bytes
}

// A bodyBuffer holds the payload of the longest DATA frame.
type bodyBuffer [MaxFrame]byte

var bodyBuffers = sync.Pool{New: func() any { return new(bodyBuffer) }}

// Len is the number of buffered bytes.
func (b *Body) Len() int { return b.n }

// Holds is the memory used, in bytes.
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

// Release discards the content and its buffers.
func (b *Body) Release() {
	for i, buf := range b.buffers {
		bodyBuffers.Put(buf)
		b.buffers[i] = nil
	}
	*b = Body{buffers: b.buffers[:0]}
}
