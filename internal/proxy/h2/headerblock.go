package h2

import "elbow/internal/http2"

// A headerBlock is a header block whose END_HEADERS has not arrived (RFC 9113, 4.3).
type headerBlock struct {
	stream uint32 // 0: none is pending
	ends   bool   // END_STREAM was set
	itself bool   // the stream depends on itself
	frames int    // number of CONTINUATION frames
	buf    []byte
}

func (b *headerBlock) pending() bool { return b.stream != 0 }

// header adds a HEADERS or CONTINUATION frame, and returns the header block once it is
// whole. A block in a single frame is not copied.
func (in *input) header(f *http2.Frame) (b headerBlock, block []byte, whole bool, err error) {
	if f.Type == http2.Continuation {
		return in.continuation(f)
	}
	p, err := f.Unpad()
	if err != nil && err != http2.ErrSelfDependency {
		return b, nil, false, err
	}
	b = headerBlock{stream: f.Stream, ends: f.Has(http2.EndStream), itself: err != nil, buf: in.block.buf[:0]}
	if f.Has(http2.EndHeaders) {
		return b, p, true, nil
	}
	b.buf = append(b.buf, p...)
	in.block = b
	in.reckonBlock()
	return b, nil, false, nil
}

// continuation adds a CONTINUATION frame.
func (in *input) continuation(f *http2.Frame) (_ headerBlock, block []byte, whole bool, err error) {
	b := &in.block
	if !b.pending() {
		return *b, nil, false, http2.ErrContinuation
	}
	b.frames++
	b.buf = append(b.buf, f.Payload...)
	in.reckonBlock()
	if len(b.buf) > http2.MaxBlockBytes || b.frames > http2.MaxContinuations {
		return *b, nil, false, http2.ErrBlockLength
	}
	if len(f.Payload) == 0 {
		if err := in.meter(http2.Idlers); err != nil {
			return *b, nil, false, err
		}
	}
	if !f.Has(http2.EndHeaders) {
		return *b, nil, false, nil
	}
	done := *b
	b.stream = 0
	if cap(b.buf) > http2.MaxFrame {
		b.buf = nil
		in.reckonBlock()
	}
	return done, done.buf, true, nil
}
