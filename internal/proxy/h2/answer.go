package h2

import (
	"errors"
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// codeOf returns the error code that ends a stream whose answer is incomplete.
func codeOf(f *exchange.Fault) http2.Code {
	var reset *upstream.ResetError
	switch {
	case f == nil:
		return http2.InternalError
	case errors.As(f.Err, &reset) && (reset.Code == http2.Cancel || reset.Code == http2.EnhanceYourCalm):
		return reset.Code // of a call: the client gets the code that the backend sent
	case f.Err == upstream.ErrUnprocessed:
		return http2.RefusedStream // the client may retry as well
	case f.Side == exchange.Client && f.Op == exchange.OpHead:
		return http2.ProtocolError
	case f.Side == exchange.Client && errors.Is(f.Err, os.ErrDeadlineExceeded):
		return http2.EnhanceYourCalm
	case f.Side == exchange.Client:
		return http2.Cancel
	}
	return http2.InternalError
}

// Begin compresses the head. Blocks are independent of each other, so no lock is
// needed for it.
func (s *stream) Begin(bool) (f *exchange.Fault) {
	x := s.x
	x.Framing = x.Resp.Framing
	head := x.ResponseHead()
	x.Out, f = head.AppendCoded(x.Out[:0], &exchange.HPACKHead)
	return f
}

// Deliver puts head, body and end of a small answer into the queue at once.
func (s *stream) Deliver(b []byte, from, to int, last bool) *exchange.Fault {
	h, x := s.h, s.x
	var trailers []byte
	if last {
		trailers = x.Trailers
	}
	ends := last && len(trailers) == 0
	h.mu.Lock()
	defer h.mu.Unlock()
	x.Answer.HeadOut()
	s.send(headQueued)
	if len(x.Out) > 0 {
		if f := s.sendBlock(x.Out, ends && from == to); f != nil {
			return f
		}
		x.Out = x.Out[:0]
	}
	if f := s.sendData(b[from:to], ends, exchange.OpBody); f != nil {
		return f
	}
	if len(trailers) > 0 {
		x.Out = exchange.HPACKHead.AppendTrailers(x.Out, trailers)
		f := s.sendBlock(x.Out, true)
		x.Out = x.Out[:0]
		return f
	}
	return nil
}

func (s *stream) Interim() *exchange.Fault {
	x := s.x
	x.Out = http2.AppendStatus(x.Out[:0], x.Resp.Status)
	head := x.ResponseHead()
	x.Out, _ = head.AppendFields(x.Out, &exchange.HPACKHead)
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	f := s.sendBlock(x.Out, false)
	x.Out = x.Out[:0]
	return f
}

// Swift is false as frames are no longer than they are.
func (s *stream) Swift() bool { return false }

// BreakOff does nothing: end resets the stream.
func (s *stream) BreakOff() {}

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
