package h2

import (
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// This file handles each type of frame. An error that is OfStream ends the stream of
// the frame, any other error the connection.

func (h *Conn) frame(f *http2.Frame) error {
	if h.block.pending() && (f.Type != http2.Continuation || f.Stream != h.block.stream) {
		return http2.ErrContinuation
	}
	if !h.begun && f.Type != http2.Settings {
		return http2.ErrPreface
	}
	if err := f.Check(); err != nil {
		return err
	}
	switch f.Type {
	case http2.Data:
		return h.data(f)
	case http2.Headers:
		return h.headers(f)
	case http2.Continuation:
		return h.continuation(f)
	case http2.ResetStream:
		return h.resetByClient(f)
	case http2.Settings:
		return h.settings(f)
	case http2.Ping:
		return h.ping(f)
	case http2.WindowUpdate:
		return h.windowUpdate(f)
	case http2.Priority:
		if err := h.meter(http2.Idlers); err != nil {
			return err
		}
		return f.CheckPriority()
	case http2.GoAway:
		return nil // a client that receives GOAWAY leaves by closing; its streams run to their end
	}
	return h.meter(http2.Idlers)
}

// meter counts a frame that is cheap for the client and costly for the proxy, and
// returns an error if there are too many.
func (h *Conn) meter(k http2.Kind) error {
	if h.meters.Over(k, int64(socket.Now())) {
		return http2.ErrFlood
	}
	return nil
}

// refuse resets a stream because of a client error, which a client can provoke at will
// ("MadeYouReset").
func (h *Conn) refuse(id uint32, code http2.Code) error {
	h.mu.Lock()
	h.reset(id, code)
	h.mu.Unlock()
	return h.meter(http2.Resets)
}

// data handles DATA, a piece of a request's body.
func (h *Conn) data(f *http2.Frame) error {
	p, err := f.Unpad()
	if err != nil {
		return err
	}
	ends := f.Has(http2.EndStream)
	if len(p) == 0 && !ends {
		if err := h.meter(http2.Idlers); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.credit.Take(len(f.Payload)) {
		return http2.ErrFlow
	}
	s := h.streams[f.Stream]
	if s == nil || s.state.ended() || s.state.reset != notReset {
		h.drained(nil, len(f.Payload))
		return h.stray(s, f.Stream)
	}
	if !s.credit.Take(len(f.Payload)) {
		h.drained(nil, len(f.Payload))
		return http2.ErrStreamFlow
	}
	h.drained(s, len(f.Payload)-len(p)) // padding
	if !s.counts(len(p), ends) {
		h.drained(nil, len(p))
		return http2.ErrMalformed
	}
	if s.state.in == discarding {
		s.cameAt = socket.Now()
		h.drained(s, len(p))
	} else {
		s.body.Put(p)
		s.reckon()
	}
	if ends {
		h.remoteEnd(s)
	}
	s.in.Signal()
	return nil
}

// stray returns the error for DATA on a stream that accepts none. mu must be locked.
func (h *Conn) stray(s *stream, id uint32) error {
	switch {
	case id > h.last || id%2 == 0:
		return http2.ErrIdle
	case s != nil && s.state.reset == resetHere || h.wasDropped(id):
		return nil
	}
	return http2.ErrStreamClosed
}

// drained gives n bytes of window back. s is nil if the stream accepts no more. mu
// must be locked.
func (h *Conn) drained(s *stream, n int) {
	if update := h.credit.Drain(n); update > 0 {
		h.write(func(dst []byte) []byte { return http2.AppendWindowUpdate(dst, 0, update) })
	}
	if s == nil || s.state.ended() || s.state.reset != notReset {
		return
	}
	if update := s.credit.Drain(n); update > 0 {
		h.write(func(dst []byte) []byte { return http2.AppendWindowUpdate(dst, s.id, update) })
	}
}

// remoteEnd handles END_STREAM. mu must be locked.
func (h *Conn) remoteEnd(s *stream) {
	if s.left > 0 { // counts allows it
		h.received(s, endCameShort)
	} else {
		h.received(s, endCame)
	}
	if s.x == nil {
		h.discarded(s)
	}
}

// resetByClient handles RST_STREAM.
func (h *Conn) resetByClient(f *http2.Frame) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f.Stream > h.last || f.Stream%2 == 0 {
		return http2.ErrIdle
	}
	s := h.streams[f.Stream]
	if s == nil {
		return nil
	}
	answered := s.state.answered()
	h.cancel(s, resetByClient)
	if answered {
		return nil
	}
	return h.meter(http2.Resets)
}

// settings applies the client's settings, all at once, and acknowledges them.
func (h *Conn) settings(f *http2.Frame) error {
	if f.Has(http2.Ack) {
		return nil
	}
	h.begun = true
	if err := h.meter(http2.Changes); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	initial, err := http2.PeerWindow(f.Payload, h.initial)
	if err != nil {
		return err
	}
	if delta := initial - h.initial; delta != 0 {
		h.initial = initial
		for _, s := range h.streams {
			if !s.window.Add(delta) {
				return http2.ErrWindow
			}
			s.out.Signal()
		}
	}
	h.write(func(dst []byte) []byte { return http2.AppendHeader(dst, 0, http2.Settings, http2.Ack, 0) })
	return nil
}

func (h *Conn) ping(f *http2.Frame) error {
	if !f.Has(http2.Ack) {
		h.mu.Lock()
		h.write(func(dst []byte) []byte { return http2.AppendPing(dst, http2.Ack, f.Payload) })
		paid := h.told
		h.told = false
		h.mu.Unlock()
		if paid {
			return nil
		}
		return h.meter(http2.Pings)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch string(f.Payload) {
	case drainPing:
		if h.leaving == warned {
			h.leaveOff()
		}
	case farewellPing:
		h.taken.owed = 0
	}
	return nil
}

// windowUpdate extends the send window of a stream or of the connection.
func (h *Conn) windowUpdate(f *http2.Frame) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := f.Uint31()
	if f.Stream == 0 {
		switch {
		case n == 0:
			return http2.ErrIncrement
		case !h.window.Add(int64(n)):
			return http2.ErrWindow
		}
		h.credited(n)
		h.wakeNext()
		return nil
	}
	if f.Stream > h.last || f.Stream%2 == 0 {
		return http2.ErrIdle
	}
	s := h.streams[f.Stream]
	switch {
	case s == nil || s.cancelled.Load():
		return h.meterClosed(n)
	case n == 0:
		return http2.ErrStreamIncrement
	case !s.window.Add(int64(n)):
		return http2.ErrStreamWindow
	}
	s.out.Signal()
	return nil
}

// meterClosed counts a WINDOW_UPDATE on a stream that has ended. It may have crossed
// the end in transit (RFC 9113, 5.1), but rarely does except with many streams at
// once.
func (h *Conn) meterClosed(n uint32) error {
	if n == 0 {
		return h.meter(http2.Idlers)
	}
	return nil
}
