package h2

import (
	"sync"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/proxy/tcp"
	"elbow/internal/socket"
)

// A mux is the part of an HTTP/2 connection that its streams share: the streams themselves,
// the flow-control windows, the queue of frames, and the state of a shutdown. Any goroutine
// may use it.
type mux struct {
	*tcp.Conn
	running sync.WaitGroup // writer and workers
	wake    chan struct{}  // the writer has something to do; capacity 1

	mu sync.Mutex // guards what follows, and the parts of stream that say so

	streams table
	workers workers
	out     output
	credit  http2.Credit // receive window of the connection

	leaving    leaving
	warnedAt   socket.Instant // when leaving changed from staying, later when it became warned
	farewellAt socket.Instant // when the farewell PING was sent; 0: it was not
	emptied    socket.Waiter  // signaled when the last stream ends
	halved     bool           // the client has ended its side
	refusal    *http2.Error   // error found by a stream that ends the connection; nil: none
	dribbles   http2.Meters   // meters of what the exchanges find
}

// leaving is the state of a graceful shutdown (RFC 9113, 6.8).
type leaving uint8

const (
	staying leaving = iota
	asked           // a GOAWAY is due once no stream is open
	warned          // a GOAWAY has asked for no more streams; those in transit are served
	leftOff         // a GOAWAY has named the last stream
)

// drained gives n bytes of window back. s is nil if the stream accepts no more. mu
// must be locked.
func (m *mux) drained(s *stream, n int) {
	if update := m.credit.Drain(n); update > 0 {
		m.write(func(dst []byte) []byte { return http2.AppendWindowUpdate(dst, 0, update) })
	}
	if s == nil || s.state.ended() || s.state.reset != notReset {
		return
	}
	if update := s.credit.Drain(n); update > 0 {
		m.write(func(dst []byte) []byte { return http2.AppendWindowUpdate(dst, s.id, update) })
	}
}

// remoteEnd handles END_STREAM. mu must be locked.
func (m *mux) remoteEnd(s *stream) {
	if s.left > 0 { // counts allows it
		s.receive(endCameShort)
	} else {
		s.receive(endCame)
	}
	if s.x == nil {
		m.discarded(s)
	}
}

// GiveWay implements exchange.Member.
func (m *mux) GiveWay() { m.CutOff(exchange.MemoryShort) }

// Cut implements exchange.Member.
func (m *mux) Cut() {
	m.Conn.Cut()
	m.cancelAll()
}
