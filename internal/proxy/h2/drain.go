package h2

import (
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// drainPing is the payload of the PING whose answer shows that the client has received
// the first GOAWAY, so that no new stream is in transit.
const drainPing = "draining"

// allStreams is the last-stream id of a GOAWAY that excludes no stream (RFC 9113,
// 6.8).
const allStreams = 1<<31 - 1

// Retire implements exchange.Member: it asks the client to open no more streams, without
// losing one in transit.
//
// While streams are open, the GOAWAY is delayed until the last of them has ended, for
// up to GoAwayDelay. By RFC 9113, 6.8 it does not affect open streams, but the HTTP
// client of JDK 11 to 23 closes the connection at once and fails every request in
// flight (findings/jdk-goaway.sh).
func (m *mux) Retire() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leaving != staying || m.out.ending {
		return
	}
	if m.streams.open == 0 {
		m.warn()
	} else {
		m.leaving, m.warnedAt = asked, socket.Now()
	}
	m.Wire.Interrupt() // the reader's deadline is earlier from now on
}

// warn sends the GOAWAY that excludes no stream, and the PING after whose answer the
// last stream is known. mu must be locked.
func (m *mux) warn() {
	m.leaving, m.warnedAt = warned, socket.Now()
	m.write(func(dst []byte) []byte {
		dst = http2.AppendGoAway(dst, allStreams, http2.NoError)
		return http2.AppendPing(dst, 0, []byte(drainPing))
	})
}

// advance performs the step of the shutdown that is due at the given time, if any, and
// returns when the next one is due. It is called by the reader with mu locked.
func (m *mux) advance(at socket.Instant) (next socket.Instant) {
	if m.leaving == asked {
		if next = m.warnedAt.Add(min(m.Limits.GoAwayDelay, m.Process.Drain/4)); at < next {
			return next
		}
		m.warn()
	}
	if m.leaving == warned {
		if next = m.warnedAt.Add(goAwayTimeout); at < next {
			return next
		}
		m.leaveOff()
	}
	return at.Add(exchange.Forever)
}

// leaveOff sends the GOAWAY that names the last stream. It is called by the reader
// with mu locked.
func (m *mux) leaveOff() {
	m.leaving = leftOff
	m.write(func(dst []byte) []byte { return http2.AppendGoAway(dst, m.streams.last, http2.NoError) })
}

// refuseAll ends the connection because of an error that one of its streams has found:
// the reader finds it in m.refusal. mu must be locked.
func (m *mux) refuseAll(err *http2.Error) {
	if m.refusal == nil {
		m.refusal = err
		m.Wire.Interrupt()
	}
}
