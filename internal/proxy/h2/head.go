package h2

import (
	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
)

// headerList decodes a complete block: the head of a request, or trailers. It decodes
// refused blocks as well because later ones depend on the HPACK table.
func (h *Conn) headerList(b *headerBlock, block []byte) error {
	if b.stream%2 == 0 {
		return http2.ErrStreamID
	}
	h.mu.Lock()
	known, begun := h.streams.byID[b.stream], b.stream > h.streams.last
	dropped := h.streams.wasDropped(b.stream)
	if begun {
		h.streams.last = b.stream
	}
	h.mu.Unlock()
	switch {
	case begun && !b.itself:
		return h.request(b, block)
	case known == nil && !begun && !dropped:
		return http2.ErrClosed
	}
	if _, err := h.input.decoder.Decode(nil, block); err != nil {
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
	lines, err := http2.AppendTrailers(nil, h.input.decoder.Fields, false)
	if h.input.decoder.TooLong {
		err = http1.ErrTrailerLength
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch there := h.streams.byID[b.stream] == s; {
	case !there && h.streams.wasDropped(b.stream), there && s.state.reset == resetHere:
		return nil
	case !there, s.state.ended() && s.state.answered() && s.state.reset == notReset: // its worker may still hold it
		return http2.ErrClosed
	case s.state.ended() || s.state.reset == resetByClient:
		return http2.ErrStreamClosed
	case !b.ends || !s.counts(0, true):
		return http2.ErrMalformed
	case err == http1.ErrTrailerLength:
		s.receive(trailersTooLong)
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
	s := takeRequest(&h.mux, b.stream)
	x := s.x
	arena, err := h.input.decoder.Decode(x.In.B[:0], block)
	x.In.Reckon(cap(arena))
	if err != nil {
		s.release()
		return err
	}
	s.headLen = int64(http2.HeaderLen + len(block))
	if b.ends {
		s.state.receive(endCame)
	}
	_, err = http2.Request(&x.Req.Request, h.input.decoder.Fields, arena, b.ends)
	refused, _ := err.(*http1.Error)
	switch {
	case h.input.decoder.TooLong:
		s.fault = exchange.HeadFault(http1.ErrHeadLength)
	case refused != nil && refused.Status == 400:
		s.malformed(refused)
		s.release()
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
	case h.leaving == leftOff || h.out.ending:
		s.release() // a GOAWAY has announced that it would not be processed
		return nil
	case h.Budget.Overfull():
		h.Frontend.RefuseMemory()
		s.release()
		return http2.ErrTooManyStreams
	case h.streams.open >= http2.MaxStreams || len(h.streams.byID) >= 2*http2.MaxStreams:
		s.release()
		return http2.ErrTooManyStreams
	}
	h.streams.begin(&s.stream, h.out.initial, &h.Origin)
	h.input.fresh = append(h.input.fresh, s)
	return nil
}
