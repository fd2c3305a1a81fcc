package overload

import (
	"runtime"
	"sync/atomic"
	"time"

	"elbow/internal/socket"
)

// A HandshakeYield makes a goroutine that is about to compute a handshake yield
// to all runnable goroutines. The scheduler does not do that: it runs the
// goroutine that was made runnable last before all others, so each handshake
// would be followed by the next one from the queue of the gate; and with one
// processor, new connections would compute one after the other and never meet at
// the gate. At three times what the program can compute on one core, with
// handshakes of 6 ms, /healthz took up to 6 s to be answered and takes 20 ms, and
// goodput was 0.6 of the peak and is 0.95.
//
// The scheduler polls the network only once in 10 ms as long as any goroutine is
// runnable, so handshakes that have others waiting also wait for a poll of the
// network. Beside a flood of handshakes of 1.1 ms, a request on an open
// connection took 15 ms and takes 4.
//
// Handshakes get as much time as the other goroutines have taken, between
// shareMin and shareMax: yielding before each one took 30 ms and more for each
// handshake where uploads kept the processor busy, and most of 64 clients that
// came at once were turned away.
type HandshakeYield struct {
	rounds *socket.Rounds // nil: there is no way to wait for a network poll
	until  atomic.Int64   // a socket.Instant: handshakes need not yield until then
}

// An ECDSA handshake takes 0.3 ms, so a few run in a row; an RSA handshake that
// takes longer than shareMin yields each time.
const (
	shareMin = time.Millisecond
	shareMax = 100 * time.Millisecond
)

// Open initializes y. On systems without rounds Yield does not wait for a network
// poll.
func (y *HandshakeYield) Open() {
	if r, err := socket.NewRounds(); err == nil {
		y.rounds = r
	}
}

func (y *HandshakeYield) Close() {
	if y.rounds != nil {
		y.rounds.Close()
	}
}

// Yield lets other goroutines run, unless the handshakes' share of time is not
// used up. others says that more handshakes are waiting.
func (y *HandshakeYield) Yield(others bool) {
	began := socket.Now()
	if began < socket.Instant(y.until.Load()) {
		return
	}
	if others && y.rounds != nil {
		y.rounds.Wait()
	} else {
		runtime.Gosched()
	}
	ended := socket.Now()
	share := min(max(ended.Sub(began), shareMin), shareMax)
	y.until.Store(int64(ended.Add(share)))
}
