package overload

import (
	"runtime"
	"sync/atomic"
	"time"

	"elbow/internal/socket"
)

// A HandshakeYield makes a goroutine that is about to compute a handshake let all
// others run first that can. The scheduler does not see to that: it runs the goroutine
// that another one has woken next, before all that wait, so each handshake would be
// followed by the next in the queue of the gate; and where there is one processor, new connections
// would compute one after the other as they are run, and never meet at the gate. At
// three times what the program can compute on one core, with handshakes of 6 ms,
// /healthz took up to 6 s to be answered and takes 20 ms, and goodput was 0.6 of the
// peak and is 0.95.
//
// Nor does it look at the network more than once in 10 ms as long as anything can
// run. So while handshakes wait for each other, they wait for that look, too. Beside
// a flood of handshakes of 1.1 ms a request on an open connection took 15 ms and
// takes 4.
//
// Handshakes get as much time as the others have taken, in shareMin to shareMax: to
// let the others go first each time took 30 ms and more for each handshake where
// uploads kept the processor busy, and of 64 clients that came at once most were
// turned away.
type HandshakeYield struct {
	rounds *socket.Rounds // nil: there is no way to wait for a look
	until  atomic.Int64   // a socket.Instant: until then handshakes go on
}

// A handshake of ECDSA takes 0.3 ms, so a few follow each other, and one of RSA
// that takes longer than shareMin lets others go first each time.
const (
	shareMin = time.Millisecond
	shareMax = 100 * time.Millisecond
)

// Open is for a new one. On systems without rounds Yield waits for no look at the
// network.
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

// Yield lets others run, unless it is the handshakes' time. others tells that there
// are handshakes that wait.
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
