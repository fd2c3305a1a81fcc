package h2

import (
	"errors"
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

var (
	errIdle     = &http2.Error{Code: http2.NoError, Reason: "idle for too long"}
	errDrained  = &http2.Error{Code: http2.NoError, Reason: "drained"}
	errSlowHead = &http2.Error{Code: http2.EnhanceYourCalm, Reason: "head or frame not complete in time"}
)

// errParked means that the connection was parked and is now owned by another
// goroutine.
var errParked = errors.New("parked")

// read handles frames until the connection ends or is parked, and returns the reason.
func (h *Conn) read() (err error) {
	defer func() {
		if err != errParked {
			h.releaseInput()
		}
	}()
	for {
		if err := h.frames(); err != nil {
			return err
		}
		h.dispatch()
		if err := h.fill(); err != nil {
			return err
		}
	}
}

func (h *Conn) releaseInput() {
	h.input.releaseBuffer()
	h.input.block.buf = nil
	h.input.reckonBlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.input.fresh {
		s.cut(resetHere)
		delete(h.streams.byID, s.id)
		s.release()
	}
	h.input.fresh = nil
}

// frames handles the complete frames in the buffer.
func (h *Conn) frames() (err error) {
	in := &h.input
	if !in.prefaced {
		if in.prefaced, err = in.preface(); !in.prefaced {
			return err
		}
	}
	for {
		f, ok, err := in.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := h.frame(&f); err != nil {
			var refused *http2.Error
			if !errors.As(err, &refused) || !refused.OfStream {
				return err
			}
			h.mu.Lock()
			h.reset(f.Stream, refused.Code)
			h.mu.Unlock()
			if err := in.meter(http2.Resets); err != nil { // clients can provoke this ("MadeYouReset")
				return err
			}
		}
		if !in.block.pending() {
			in.whole() // the next frame has its own time limit
		}
	}
	in.unfinished()
	return nil
}

// fill reads once. It holds no buffer while it waits for the first byte. If the wait
// is long and no stream is open, the connection is parked.
func (h *Conn) fill() error {
	for waited := false; ; {
		due, settled, err := h.due()
		if err != nil {
			return err
		}
		h.Wire.ReadBy(due)
		switch settled = settled && h.input.r == h.input.w && !h.MayHold; {
		case settled && waited:
			h.input.releaseBuffer()
			if h.Wire.Park(h) {
				return errParked
			}
		case settled:
			h.Wire.ReadBy(min(due, socket.Now().Add(h.Limits.SettleTime)))
		}
		err = h.fillOnce()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			waited = true
		case err == socket.ErrInterrupted && h.Wire.Resume():
		default:
			return err
		}
	}
}

func (h *Conn) fillOnce() (err error) {
	if h.input.r == h.input.w && !h.MayHold {
		h.input.releaseBuffer()
		if err := h.Wire.Wait(); err != nil {
			return err
		}
	}
	h.MayHold, err = h.input.read(h.Stream)
	return err
}

// due performs the shutdown and timeout steps that are due. It returns until when to
// wait for the client, or an error if that time has passed, and whether the connection
// has been idle for a while.
func (h *Conn) due() (until socket.Instant, settled bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal != nil {
		return 0, false, h.refusal
	}
	at := socket.Now()
	next := h.advance(at)
	if h.streams.discarding > 0 {
		h.resetDiscarded(at)
	}
	if h.leaving == leftOff && len(h.streams.byID) == 0 {
		return h.leave(at, h.input.heard, errDrained)
	}
	if h.input.partial != 0 && at >= h.input.partial.Add(h.input.patience()) {
		return 0, false, errSlowHead
	}
	if h.streams.open > 0 || h.input.partial != 0 || h.leaving != staying {
		h.farewellAt = 0
		return min(at.Add(exchange.WatchEvery), next), false, nil
	}
	idle := h.Frontend.Config.Load().IdlePatience()
	if wait := min(h.Limits.SettleTime, idle); at >= h.streams.idleSince.Add(wait) && h.out.behind(at) > 0 {
		if h.out.stands(at, h.Limits.StreamTimeout) {
			return 0, false, http2.ErrStandstill
		}
		h.streams.idleSince = at // the client is still receiving
		return at.Add(min(wait, exchange.WatchEvery)), false, nil
	}
	settles, ends := h.streams.idleSince.Add(h.Limits.SettleTime), h.streams.idleSince.Add(idle)
	switch {
	case at >= ends:
		return h.leave(at, h.input.heard, errIdle)
	case at < settles:
		return min(settles, ends), false, nil
	}
	h.settle()
	return ends, true, nil
}

// settle releases what a connection without streams does not need. mu must be locked.
func (h *Conn) settle() {
	h.workers.dismiss()
	h.input.block.buf, h.input.decoder.Fields = nil, nil
	h.input.reckonBlock()
	if h.out.writing && !h.out.settled {
		h.out.settled = true
		h.rouse()
	}
}
