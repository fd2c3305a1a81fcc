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

// drain asks the client to open no more streams, without losing one in transit. It may
// be called from any goroutine and does not block.
//
// While streams are open, the GOAWAY is delayed until the last of them has ended, for
// up to GoAwayDelay. By RFC 9113, 6.8 it does not affect open streams, but the HTTP
// client of JDK 11 to 23 closes the connection at once and fails every request in
// flight (findings/jdk-goaway.sh).
func (h *Conn) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaving != staying || h.ending {
		return
	}
	if h.open == 0 {
		h.warn()
	} else {
		h.leaving, h.warnedAt = asked, socket.Now()
	}
	h.Wire.Interrupt() // the reader's deadline is earlier from now on
}

// warn sends the GOAWAY that excludes no stream, and the PING after whose answer the
// last stream is known. mu must be locked.
func (h *Conn) warn() {
	h.leaving, h.warnedAt = warned, socket.Now()
	h.write(func(dst []byte) []byte {
		dst = http2.AppendGoAway(dst, allStreams, http2.NoError)
		return http2.AppendPing(dst, 0, []byte(drainPing))
	})
}

// advance performs the step of the shutdown that is due at the given time, if any, and
// returns when the next one is due. It is called by the reader with mu locked.
func (h *Conn) advance(at socket.Instant) (next socket.Instant) {
	if h.leaving == asked {
		if next = h.warnedAt.Add(min(h.Limits.GoAwayDelay, h.Process.Drain/4)); at < next {
			return next
		}
		h.warn()
	}
	if h.leaving == warned {
		if next = h.warnedAt.Add(goAwayTimeout); at < next {
			return next
		}
		h.leaveOff()
	}
	return at.Add(exchange.Forever)
}

// leaveOff sends the GOAWAY that names the last stream. It is called by the reader
// with mu locked.
func (h *Conn) leaveOff() {
	h.leaving = leftOff
	h.write(func(dst []byte) []byte { return http2.AppendGoAway(dst, h.last, http2.NoError) })
}

// refuseAll ends the connection because of an error that one of its streams has found:
// the reader finds it in h.refusal. mu must be locked.
func (h *Conn) refuseAll(err *http2.Error) {
	if h.refusal == nil {
		h.refusal = err
		h.Wire.Interrupt()
	}
}
