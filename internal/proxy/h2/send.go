package h2

import (
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// sendBlock queues a header block when there is room. h.mu must be locked.
func (s *stream) sendBlock(block []byte, ends bool) *exchange.Fault {
	h := s.h
	for !s.cancelled.Load() && h.out.full() {
		if f := s.queueUp(exchange.OpBody); f != nil {
			return f
		}
	}
	if s.cancelled.Load() {
		return exchange.ClientGone(exchange.OpBody)
	}
	var flags http2.Flags
	if ends {
		flags = http2.EndStream
	}
	s.x.Record.BytesOut += int64(h.out.appendBlock(s.id, block, flags))
	s.sent(ends)
	return nil
}

// sendData queues p in as many pieces as room and windows require, followed by the end
// of the stream if ends. h.mu must be locked.
func (s *stream) sendData(p []byte, ends bool, op exchange.Op) *exchange.Fault {
	for len(p) > 0 {
		n, f := s.reserve(len(p), op)
		if f != nil {
			return f
		}
		var flags http2.Flags
		if ends && n == len(p) {
			flags = http2.EndStream
		}
		s.x.Record.BytesOut += int64(s.h.out.appendData(s.id, p[:n], flags))
		p = p[n:]
		s.sent(flags != 0)
	}
	if ends && !s.state.answered() && !s.cancelled.Load() {
		s.x.Record.BytesOut += int64(s.h.out.appendData(s.id, nil, http2.EndStream))
		s.sent(true)
	}
	return nil
}

// sent is called after something has been queued. h.mu must be locked.
func (s *stream) sent(ends bool) {
	s.h.out.told = true
	if ends {
		s.send(endQueued)
	}
	s.h.rouse()
	s.h.out.wakeNext()
}

// reserve takes up to want bytes of the windows, for one frame, as soon as there is
// room in the queue. h.mu must be locked.
func (s *stream) reserve(want int, op exchange.Op) (int, *exchange.Fault) {
	h := s.h
	for {
		if s.cancelled.Load() {
			return 0, exchange.ClientGone(op)
		}
		if n := h.out.grant(s, want); n > 0 {
			if http2.Small(n, want) && h.dribbles.Over(http2.Dribbles, int64(socket.Now())) {
				h.refuseAll(http2.ErrFlood)
				return 0, exchange.ClientGone(op)
			}
			return n, nil
		}
		if f := s.queueUp(op); f != nil {
			return 0, f
		}
	}
}

// queueUp waits for the room or the window that reserve lacks. h.mu must be locked.
func (s *stream) queueUp(op exchange.Op) *exchange.Fault {
	h := s.h
	if h.halved && !h.out.full() { // the client cannot extend the window any more
		h.write(func(dst []byte) []byte { return http2.AppendReset(dst, s.id, http2.ErrStreamStandstill.Code) })
		h.leaveStream(s)
		return exchange.ClientGone(op)
	}
	if s.window > 0 || h.out.full() {
		h.out.waiting = append(h.out.waiting, s)
	}
	h.out.wakeNext() // if this stream was woken but lacks something else, the next one may proceed
	s.x.Taking.Begin(false)
	roused := s.out.Wait(&h.mu, h.Limits.StreamTimeout)
	stalled := s.x.Taking.Done(op)
	h.out.leaveQueue(s)
	switch {
	case stalled != nil:
		h.out.wakeNext()
		return stalled
	case s.cancelled.Load():
		h.out.wakeNext()
		return nil
	case roused:
		return nil
	}
	h.out.wakeNext()
	if h.out.window <= 0 {
		h.refuseAll(http2.ErrStandstill)
	} else {
		h.reset(s.id, http2.ErrStreamStandstill.Code)
	}
	return &exchange.Fault{Side: exchange.Client, Op: op, Status: 408, Err: os.ErrDeadlineExceeded}
}
