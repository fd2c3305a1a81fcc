package overload

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"elbow/internal/leak"
)

// However many goroutines have work to do, what the network brought before a break is
// being read when the break ends.
func TestBreaksLookAtTheNetwork(t *testing.T) {
	leak.Check(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	near, far, err := os.Pipe() // what is written is there at once
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var written, read atomic.Int64
	var reading atomic.Bool // the system may hold the reader up inside its call: it has been run
	ended := make(chan struct{})
	go func() { // ends when far is closed
		defer close(ended)
		_ = raw.Read(func(fd uintptr) bool {
			reading.Store(true)
			defer reading.Store(false)
			for {
				n, err := unix.Read(int(fd), make([]byte, 512))
				if n <= 0 && err != unix.EINTR {
					return err != unix.EAGAIN
				}
				read.Add(int64(max(n, 0)))
			}
		})
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
				before := written.Load()
				b.mu.Lock()
				b.look() // as Make does unless the machine is busy
				b.mu.Unlock()
				if !reading.Load() && read.Load() < before {
					late.Add(1)
				}
				if _, err := far.Write([]byte{1}); err != nil {
					t.Error(err)
				}
				written.Add(1)
			}
		})
	}
	all.Wait()
	_ = far.Close() // nothing is buffered
	<-ended
	// Now and then the runtime takes the processor from a goroutine between two of its lines.
	if n := late.Load(); n > workers*pieces/10 {
		t.Errorf("%d of %d pieces began before what had been written was read", n, workers*pieces)
	}
	if read.Load() != written.Load() {
		t.Errorf("%d of %d bytes were read", read.Load(), written.Load())
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
