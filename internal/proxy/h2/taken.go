package h2

import (
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// A taken tracks how much of what was written the client has received. TCP
// acknowledgments show what its kernel has, window updates show what its program has
// read.
type taken struct {
	acked int64          // of the bytes that our kernel has accepted
	since socket.Instant // when acked last grew; 0: nothing is unacknowledged
	owed  int64          // bytes of DATA for which the client has not given window back
}

// behind returns how many bytes are queued or not acknowledged by the client's TCP. mu
// must be locked.
func (h *Conn) behind(at socket.Instant) int64 {
	left, err := h.Wire.Unacked()
	if err != nil { // it is closed: nothing more is acknowledged
		return h.given() - h.taken.acked
	}
	// Under TLS the kernel counts more bytes than were written here, so this never
	// overestimates.
	if acked := h.written - int64(left); acked > h.taken.acked || h.taken.since == 0 {
		h.taken.acked, h.taken.since = max(acked, h.taken.acked), at
	}
	n := h.given() - h.taken.acked
	if n == 0 {
		h.taken.since = 0
	}
	return n
}

// given returns the number of bytes that will have been written once the queue is
// empty. mu must be locked.
func (h *Conn) given() int64 {
	n := h.written + int64(h.handed)
	if h.queue != nil {
		n += int64(len(h.queue.B))
	}
	return n
}

// stands reports whether the client has received nothing for too long. mu must be
// locked, and behind called before.
func (h *Conn) stands(at socket.Instant) bool {
	return h.taken.since != 0 && at >= h.taken.since.Add(h.Limits.StreamTimeout)
}

// credited records a WINDOW_UPDATE for n bytes, which the client sends as it reads. mu
// must be locked.
func (h *Conn) credited(n uint32) {
	if h.taken.owed > 0 && h.open == 0 {
		h.idleSince = socket.Now()
	}
	h.taken.owed = max(h.taken.owed-int64(n), 0)
}

func (s *stream) Taken() *exchange.Fault {
	h := s.h
	if s.x.Record.BytesOut <= exchange.ShortAnswer {
		return nil
	}
	s.x.Taking.Begin(false)
	defer s.x.Taking.End()
	h.mu.Lock()
	defer h.mu.Unlock()
	end := h.given()
	for step := exchange.TakenPoll; ; step = min(2*step, exchange.WatchEvery) {
		at := socket.Now()
		if h.behind(at); h.taken.acked >= end {
			s.x.Record.Taken = at
			return nil
		}
		switch {
		case s.cancelled.Load() || h.ending:
			if end-h.taken.acked <= exchange.ShortAnswer && h.CutFor.Load() == nil {
				s.x.Record.Taken = at // see exchange.ShortAnswer
				return nil
			}
			return exchange.ClientGone(exchange.OpBody)
		case h.stands(at):
			h.refuseAll(http2.ErrStandstill)
			return &exchange.Fault{Side: exchange.Client, Op: exchange.OpBody, Status: 408, Err: os.ErrDeadlineExceeded}
		}
		s.out.Wait(&h.mu, step)
	}
}

// farewellPing is the payload of the PING whose answer shows that the client has read
// everything before it.
const farewellPing = "farewell"

// leave ends a connection without streams because of cause, as soon as the client has
// read everything: if the connection were closed earlier, the WINDOW_UPDATE of a
// client that still reads would be answered with a TCP reset. due returns its result.
// It is called by the reader with mu locked.
func (h *Conn) leave(at socket.Instant, cause error) (until socket.Instant, settled bool, err error) {
	taken := h.behind(at) == 0
	if taken && h.taken.owed == 0 {
		return 0, false, cause
	}
	if h.farewellAt == 0 {
		h.farewellAt = at
		h.write(func(dst []byte) []byte { return http2.AppendPing(dst, 0, []byte(farewellPing)) })
	}
	patience := h.Limits.LingerTimeout
	if !taken || h.taken.owed > exchange.ShortAnswer {
		patience = h.Limits.StreamTimeout
	}
	due := max(h.farewellAt, h.heard, h.taken.since).Add(patience)
	if at >= due {
		return 0, false, cause
	}
	step := min(max(at.Sub(h.farewellAt), exchange.TakenPoll), exchange.WatchEvery) // polled
	return min(at.Add(step), due), false, nil
}

var errHalfClosed = &http2.Error{Code: http2.NoError, Reason: "closed by the client"}

// serveOut completes the streams of a client that has half-closed the connection, as
// far as the windows that it has given allow. It returns the error with which the
// connection ends.
func (h *Conn) serveOut() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.halved, h.leaving = true, leftOff
	for _, s := range h.streams {
		if !s.state.ended() {
			h.leaveStream(s)
		}
		s.out.Signal() // it may be waiting for window
	}
	for {
		at := socket.Now()
		taken := h.behind(at) == 0
		switch {
		case h.refusal != nil:
			return h.refusal
		case len(h.streams) == 0 && taken:
			return errHalfClosed
		case h.ending || h.Gone():
			return exchange.ErrLeft
		case len(h.streams) == 0 && h.stands(at):
			return http2.ErrStandstill
		}
		h.emptied.Wait(&h.mu, exchange.WatchEvery)
	}
}
