package h2

import (
	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
)

// A headerBlock is a header block whose END_HEADERS has not arrived (RFC 9113, 4.3).
type headerBlock struct {
	stream uint32 // 0: none is pending
	ends   bool   // END_STREAM was set
	itself bool   // the stream depends on itself
	frames int    // number of CONTINUATION frames
	buf    []byte
}

func (b *headerBlock) pending() bool { return b.stream != 0 }

// headers handles HEADERS. A block in a single frame is not copied.
func (h *Conn) headers(f *http2.Frame) error {
	p, err := f.Unpad()
	if err != nil && err != http2.ErrSelfDependency {
		return err
	}
	b := headerBlock{stream: f.Stream, ends: f.Has(http2.EndStream), itself: err != nil, buf: h.block.buf[:0]}
	if !f.Has(http2.EndHeaders) {
		b.buf = append(b.buf, p...)
		h.block = b
		h.reckonBlock()
		return nil
	}
	return h.headerList(&b, p)
}

func (h *Conn) continuation(f *http2.Frame) error {
	b := &h.block
	if !b.pending() {
		return http2.ErrContinuation
	}
	b.frames++
	b.buf = append(b.buf, f.Payload...)
	h.reckonBlock()
	if len(b.buf) > http2.MaxBlockBytes || b.frames > http2.MaxContinuations {
		return http2.ErrBlockLength
	}
	if len(f.Payload) == 0 {
		if err := h.meter(http2.Idlers); err != nil {
			return err
		}
	}
	if !f.Has(http2.EndHeaders) {
		return nil
	}
	whole := *b
	b.stream = 0
	if cap(b.buf) > http2.MaxFrame {
		b.buf = nil
		h.reckonBlock()
	}
	return h.headerList(&whole, whole.buf)
}

// headerList decodes a complete block: the head of a request, or trailers. It decodes
// refused blocks as well because later ones depend on the HPACK table.
func (h *Conn) headerList(b *headerBlock, block []byte) error {
	if b.stream%2 == 0 {
		return http2.ErrStreamID
	}
	h.mu.Lock()
	known, begun := h.streams[b.stream], b.stream > h.last
	dropped := h.wasDropped(b.stream)
	if begun {
		h.last = b.stream
	}
	h.mu.Unlock()
	switch {
	case begun && !b.itself:
		return h.request(b, block)
	case known == nil && !begun && !dropped:
		return http2.ErrClosed
	}
	if _, err := h.decoder.Decode(nil, block); err != nil {
		return err
	}
	switch {
	case b.itself:
		return http2.ErrSelfDependency
	case known == nil:
		return nil
	}
	return h.trailers(known, b)
}

// trailers ends a body with the fields just decoded (RFC 9113, 8.1).
func (h *Conn) trailers(s *stream, b *headerBlock) error {
	lines, err := http2.AppendTrailers(nil, h.decoder.Fields, false)
	if h.decoder.TooLong {
		err = http1.ErrTrailerLength
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch there := h.streams[b.stream] == s; {
	case !there && h.wasDropped(b.stream), there && s.state.reset == resetHere:
		return nil
	case !there, s.state.ended() && s.state.answered() && s.state.reset == notReset: // its worker may still hold it
		return http2.ErrClosed
	case s.state.ended() || s.state.reset == resetByClient:
		return http2.ErrStreamClosed
	case !b.ends || !s.counts(0, true):
		return http2.ErrMalformed
	case err == http1.ErrTrailerLength:
		h.received(s, trailersTooLong)
		s.in.Signal()
		return nil
	case err != nil:
		return http2.ErrMalformed
	}
	s.trailers = lines
	h.remoteEnd(s)
	s.in.Signal()
	return nil
}

// request begins a stream, or refuses it.
func (h *Conn) request(b *headerBlock, block []byte) error {
	s := takeStream(h, b.stream)
	x := s.x
	arena, err := h.decoder.Decode(x.In.B[:0], block)
	x.In.Reckon(cap(arena))
	if err != nil {
		h.abandon(s)
		return err
	}
	s.headLen = int64(http2.HeaderLen + len(block))
	if b.ends {
		s.state.receive(endCame)
	}
	_, err = http2.Request(&x.Req.Request, h.decoder.Fields, arena, b.ends)
	refused, _ := err.(*http1.Error)
	switch {
	case h.decoder.TooLong:
		s.fault = exchange.HeadFault(http1.ErrHeadLength)
	case refused != nil && refused.Status == 400:
		s.malformed(refused)
		h.abandon(s)
		return http2.ErrMalformed
	case err != nil:
		s.fault = exchange.HeadFault(err)
	}
	s.left = x.Req.Length
	if s.fault != nil || x.Req.Framing != http1.Length {
		s.left = -1
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.leaving == leftOff || h.ending:
		h.abandon(s) // a GOAWAY has announced that it would not be processed
		return nil
	case h.Budget.Overfull():
		h.Frontend.RefuseMemory()
		h.abandon(s)
		return http2.ErrTooManyStreams
	case h.open >= http2.MaxStreams || len(h.streams) >= 2*http2.MaxStreams:
		h.abandon(s)
		return http2.ErrTooManyStreams
	}
	h.begin(s)
	h.fresh = append(h.fresh, s)
	return nil
}
