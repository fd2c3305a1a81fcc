package h2

import (
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// A taken is how far the client has taken what was written to it. Its TCP tells
// what it has acknowledged, its windows what the program behind it has read.
type taken struct {
	acked int64          // of the bytes that the kernel has got
	since socket.Instant // when that grew last; 0: nothing is missing
	owed  int64          // bytes of DATA that the client has not given window for
}

// behind returns how many bytes the client's TCP has not acknowledged, with those
// that wait to be written. Called with mu locked.
func (h *Conn) behind(at socket.Instant) int64 {
	left, err := h.Wire.Unacked()
	if err != nil { // it is closed, so nothing more is taken
		return h.given() - h.taken.acked
	}
	// Under TLS there is more to acknowledge than was written here, so this is never
	// too much.
	if acked := h.written - int64(left); acked > h.taken.acked || h.taken.since == 0 {
		h.taken.acked, h.taken.since = max(acked, h.taken.acked), at
	}
	n := h.given() - h.taken.acked
	if n == 0 {
		h.taken.since = 0
	}
	return n
}

// given is the number of bytes that will have been written when nothing waits.
// Called with mu locked.
func (h *Conn) given() int64 {
	n := h.written + int64(h.handed)
	if h.queue != nil {
		n += int64(len(h.queue.B))
	}
	return n
}

// stands reports whether the client has taken nothing for too long. Called with mu
// locked, after behind.
func (h *Conn) stands(at socket.Instant) bool {
	return h.taken.since != 0 && at >= h.taken.since.Add(h.Limits.StreamTimeout)
}

// credited notes that the client has given window for n bytes, which it does as it
// reads. Called with mu locked.
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
	s.x.Taking.Begin(nil, false)
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

// farewellPing is the PING whose answer shows that the client has read everything.
const farewellPing = "farewell"

// leave ends a connection without streams because of cause, as soon as the client
// has read what it got: once it is closed, the window that a reading client gives
// would have it reset. What it returns is for due. Called with mu locked, by the
// reader.
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
	step := min(max(at.Sub(h.farewellAt), exchange.TakenPoll), exchange.WatchEvery) // what TCP tells wakes nobody
	return min(at.Add(step), due), false, nil
}

var errHalfClosed = &http2.Error{Code: http2.NoError, Reason: "closed by the client"}

// serveOut answers what a client has asked for that has ended its side of the
// connection, as far as the windows go that it has given. It returns how the
// connection is to end.
func (h *Conn) serveOut() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.halved, h.leaving = true, leftOff
	for _, s := range h.streams {
		if !s.state.ended() {
			h.leaveStream(s)
		}
		s.out.Signal() // it may wait for window
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
