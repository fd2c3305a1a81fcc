package h2

import (
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// This file handles each type of frame. An error that is OfStream ends the stream of
// the frame, any other error the connection.

func (h *Conn) frame(f *http2.Frame) error {
	if h.input.block.pending() && (f.Type != http2.Continuation || f.Stream != h.input.block.stream) {
		return http2.ErrContinuation
	}
	if !h.input.begun && f.Type != http2.Settings {
		return http2.ErrPreface
	}
	if err := f.Check(); err != nil {
		return err
	}
	switch f.Type {
	case http2.Data:
		return h.data(f)
	case http2.Headers, http2.Continuation:
		b, block, whole, err := h.input.header(f)
		if !whole {
			return err
		}
		return h.headerList(&b, block)
	case http2.ResetStream:
		return h.resetByClient(f)
	case http2.Settings:
		return h.settings(f)
	case http2.Ping:
		return h.ping(f)
	case http2.WindowUpdate:
		return h.windowUpdate(f)
	case http2.Priority:
		if err := h.input.meter(http2.Idlers); err != nil {
			return err
		}
		return f.CheckPriority()
	case http2.GoAway:
		return nil // a client that receives GOAWAY leaves by closing; its streams run to their end
	}
	return h.input.meter(http2.Idlers)
}

// data handles DATA, a piece of a request's body.
func (h *Conn) data(f *http2.Frame) error {
	p, err := f.Unpad()
	if err != nil {
		return err
	}
	ends := f.Has(http2.EndStream)
	if len(p) == 0 && !ends {
		if err := h.input.meter(http2.Idlers); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.credit.Take(len(f.Payload)) {
		return http2.ErrFlow
	}
	s := h.streams.byID[f.Stream]
	if s == nil || s.state.ended() || s.state.reset != notReset {
		h.drained(nil, len(f.Payload))
		return h.streams.stray(s, f.Stream)
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

// resetByClient handles RST_STREAM.
func (h *Conn) resetByClient(f *http2.Frame) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams.idle(f.Stream) {
		return http2.ErrIdle
	}
	s := h.streams.byID[f.Stream]
	if s == nil {
		return nil
	}
	answered := s.state.answered()
	h.cancel(s, resetByClient)
	if answered {
		return nil
	}
	return h.input.meter(http2.Resets)
}

// settings applies the client's settings, all at once, and acknowledges them.
func (h *Conn) settings(f *http2.Frame) error {
	if f.Has(http2.Ack) {
		return nil
	}
	h.input.begun = true
	if err := h.input.meter(http2.Changes); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	initial, err := http2.PeerWindow(f.Payload, h.out.initial)
	if err != nil {
		return err
	}
	if delta := initial - h.out.initial; delta != 0 {
		h.out.initial = initial
		for _, s := range h.streams.byID {
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
		paid := h.out.told
		h.out.told = false
		h.mu.Unlock()
		if paid {
			return nil
		}
		return h.input.meter(http2.Pings)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch string(f.Payload) {
	case drainPing:
		if h.leaving == warned {
			h.leaveOff()
		}
	case farewellPing:
		h.out.taken.owed = 0
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
		case !h.out.window.Add(int64(n)):
			return http2.ErrWindow
		}
		if h.out.taken.owed > 0 && h.streams.open == 0 {
			h.streams.idleSince = socket.Now() // the client is reading
		}
		h.out.taken.owed = max(h.out.taken.owed-int64(n), 0)
		h.out.wakeNext()
		return nil
	}
	if h.streams.idle(f.Stream) {
		return http2.ErrIdle
	}
	s := h.streams.byID[f.Stream]
	switch {
	case s == nil || s.cancelled.Load():
		// It may have crossed the end of the stream in transit (RFC 9113, 5.1).
		if n == 0 {
			return h.input.meter(http2.Idlers)
		}
		return nil
	case n == 0:
		return http2.ErrStreamIncrement
	case !s.window.Add(int64(n)):
		return http2.ErrStreamWindow
	}
	s.out.Signal()
	return nil
}
