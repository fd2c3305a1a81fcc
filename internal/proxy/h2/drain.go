package h2

import (
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// drainPing is the PING whose answer shows that the client has seen the first
// GOAWAY, so that no stream is on its way any more that it might not have sent.
const drainPing = "draining"

// allStreams is the last stream in a GOAWAY that rules none out (RFC 9113, 6.8).
const allStreams = 1<<31 - 1

// drain asks the client to open no more streams, without losing one that is on
// its way. It may be called from any goroutine and does not block.
//
// While streams are open the GOAWAY waits until the last of them has ended, for up
// to GoAwayDelay: RFC 9113, 6.8 has it cover them, but the HTTP client of JDK 11 to
// 23 closes the connection at once and fails every request that is under way
// (findings/jdk-goaway.sh).
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
	h.Wire.Interrupt() // the reader waits for less from now on
}

// warn sends the GOAWAY that rules no stream out, and the PING whose answer tells
// when the last one is known. Called with mu locked.
func (h *Conn) warn() {
	h.leaving, h.warnedAt = warned, socket.Now()
	h.write(func(dst []byte) []byte {
		dst = http2.AppendGoAway(dst, allStreams, http2.NoError)
		return http2.AppendPing(dst, 0, []byte(drainPing))
	})
}

// advance takes the step towards the end of the connection that is due at the
// given time, if one is, and returns when the next one will be. Called with mu
// locked, by the reader.
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

// leaveOff says which stream is the last one. Called with mu locked, by the
// reader.
func (h *Conn) leaveOff() {
	h.leaving = leftOff
	h.write(func(dst []byte) []byte { return http2.AppendGoAway(dst, h.last, http2.NoError) })
}

// refuseAll ends the connection because of what its streams have met: the reader
// finds why in h.refusal. Called with mu locked.
func (h *Conn) refuseAll(err *http2.Error) {
	if h.refusal == nil {
		h.refusal = err
		h.Wire.Interrupt()
	}
}
