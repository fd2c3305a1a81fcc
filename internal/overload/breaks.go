package overload

import (
	"runtime"
	"sync"

	"elbow/internal/socket"
)

// Breaks divide work that others should not have to wait for into pieces. Before each
// piece the runtime looks at the network and runs what it finds there, and of all the
// goroutines that do such work one begins a piece after such a look. Where there is
// one processor a request waits for one piece at most, however many there are: the
// scheduler does not interrupt a goroutine before 10 ms, and as long as another can
// run it does not look at the network.
//
// While others keep the processor busy a look may take 10 ms to come. Work goes on
// without breaks then for a part of the time that it has waited, so that it is not
// stopped altogether.
type Breaks struct {
	rounds *socket.Rounds // nil: there is no way to wait for a look

	mu    sync.Mutex
	until socket.Instant // guarded by mu: until then no break is made
}

// busyShare is the part, one in so many, of a long wait for which work goes on without
// breaks.
const busyShare = 4

// Open prepares for looks at the network; without it, and on systems where that is
// not possible, a break is a yield.
func (b *Breaks) Open() {
	if r, err := socket.NewRounds(); err == nil {
		b.rounds = r
	}
}

// Close ends what Open began. Breaks that are made later are yields.
func (b *Breaks) Close() {
	if b.rounds != nil {
		b.rounds.Close()
	}
}

// Make returns when the next piece may begin.
func (b *Breaks) Make() {
	b.mu.Lock()
	defer b.mu.Unlock()
	began := socket.Now()
	if began < b.until {
		return
	}
	b.look()
	ended := socket.Now()
	if took := ended.Sub(began); took >= shareMin {
		b.until = ended.Add(min(took, shareMax) / busyShare)
	}
}

// look returns when the runtime has polled the network and run the goroutines that became
// runnable. b.mu must be locked.
func (b *Breaks) look() {
	if b.rounds != nil {
		b.rounds.Wait()
	}
	// The poll made this goroutine runnable last, and the runtime runs that one first: the
	// others run now.
	runtime.Gosched()
}
