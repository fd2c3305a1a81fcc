package overload

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"elbow/internal/leak"
)

// However many goroutines have work to do, what the network brings during a piece of it
// is served before the next piece begins.
func TestBreaksLookAtTheNetwork(t *testing.T) {
	leak.Check(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	near, far, err := os.Pipe() // what is written is there at once
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	var came, served atomic.Int64
	ended := make(chan struct{})
	go func() { // ends when far is closed
		defer close(ended)
		for one := make([]byte, 1); ; served.Add(1) {
			if _, err := near.Read(one); err != nil {
				return
			}
		}
	}()
	var b Breaks
	b.Open()
	defer b.Close()
	const workers, pieces = 8, 50
	var late atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range pieces {
				b.mu.Lock()
				b.look() // as Make does unless the machine is busy
				b.mu.Unlock()
				if served.Load() != came.Load() {
					late.Add(1)
				}
				if _, err := far.Write([]byte{1}); err != nil {
					t.Error(err)
				}
				came.Add(1)
			}
		})
	}
	all.Wait()
	_ = far.Close() // nothing is buffered
	<-ended
	// Now and then the runtime takes the processor from the test in the middle of a piece.
	if n := late.Load(); n > workers*pieces/10 {
		t.Errorf("%d of %d pieces began before what had come was served", n, workers*pieces)
	}
	if served.Load() != came.Load() {
		t.Errorf("%d of %d were served", served.Load(), came.Load())
	}
}

// Breaks are made without looks at the network before Open and after Close, too.
func TestBreaksWithoutLooks(t *testing.T) {
	leak.Check(t)
	var b Breaks
	b.Make()
	b.Open()
	b.Make()
	b.Close()
	b.Make()
}
