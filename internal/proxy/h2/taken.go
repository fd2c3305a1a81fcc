package h2

import (
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

func (r *request) Taken() *exchange.Fault {
	h := r.h
	if r.x.Record.BytesOut <= exchange.ShortAnswer {
		return nil
	}
	r.x.Taking.Begin(false)
	defer r.x.Taking.End()
	h.mu.Lock()
	defer h.mu.Unlock()
	end := h.out.given()
	for step := exchange.TakenPoll; ; step = min(2*step, exchange.WatchEvery) {
		at := socket.Now()
		if h.out.behind(at); h.out.taken.acked >= end {
			r.x.Record.Taken = at
			return nil
		}
		switch {
		case r.cancelled.Load() || h.out.ending:
			if end-h.out.taken.acked <= exchange.ShortAnswer && h.CutFor.Load() == nil {
				r.x.Record.Taken = at // see exchange.ShortAnswer
				return nil
			}
			return exchange.ClientGone(exchange.OpBody)
		case h.out.stands(at, h.Limits.StreamTimeout):
			h.refuseAll(http2.ErrStandstill)
			return &exchange.Fault{Side: exchange.Client, Op: exchange.OpBody, Status: 408, Err: os.ErrDeadlineExceeded}
		}
		r.out.Wait(&h.mu, step)
	}
}

// farewellPing is the payload of the PING whose answer shows that the client has read
// everything before it.
const farewellPing = "farewell"

// leave ends a connection without streams because of cause, as soon as the client has
// read everything: if the connection were closed earlier, the WINDOW_UPDATE of a
// client that still reads would be answered with a TCP reset. due returns its result.
// It is called by the reader with mu locked.
func (m *mux) leave(at, heard socket.Instant, cause error) (until socket.Instant, settled bool, err error) {
	taken := m.out.behind(at) == 0
	if taken && m.out.taken.owed == 0 {
		return 0, false, cause
	}
	if m.farewellAt == 0 {
		m.farewellAt = at
		m.write(func(dst []byte) []byte { return http2.AppendPing(dst, 0, []byte(farewellPing)) })
	}
	patience := m.Limits.LingerTimeout
	if !taken || m.out.taken.owed > exchange.ShortAnswer {
		patience = m.Limits.StreamTimeout
	}
	due := max(m.farewellAt, heard, m.out.taken.since).Add(patience)
	if at >= due {
		return 0, false, cause
	}
	step := min(max(at.Sub(m.farewellAt), exchange.TakenPoll), exchange.WatchEvery) // polled
	return min(at.Add(step), due), false, nil
}

var errHalfClosed = &http2.Error{Code: http2.NoError, Reason: "closed by the client"}

// serveOut completes the streams of a client that has half-closed the connection, as
// far as the windows that it has given allow. It returns the error with which the
// connection ends.
func (m *mux) serveOut() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.halved, m.leaving = true, leftOff
	for _, s := range m.streams.byID {
		if !s.state.ended() {
			m.leaveStream(s)
		}
		s.out.Signal() // it may be waiting for window
	}
	for {
		at := socket.Now()
		taken := m.out.behind(at) == 0
		switch {
		case m.refusal != nil:
			return m.refusal
		case len(m.streams.byID) == 0 && taken:
			return errHalfClosed
		case m.out.ending || m.Gone():
			return exchange.ErrLeft
		case len(m.streams.byID) == 0 && m.out.stands(at, m.Limits.StreamTimeout):
			return http2.ErrStandstill
		}
		m.emptied.Wait(&m.mu, exchange.WatchEvery)
	}
}
