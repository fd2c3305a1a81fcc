package socket

import (
	"runtime"
	"sync"
	"testing"

	"elbow/internal/leak"
)

// A readable connection is served before a goroutine that waits for a round
// continues, however busy the only processor is.
func TestRoundLooksAtTheNetwork(t *testing.T) {
	leak.Check(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rounds, err := NewRounds()
	if err != nil {
		t.Fatal(err)
	}
	defer rounds.Close()
	near, far := pair(t)
	heard := make(chan struct{})
	go func() { // ends when far has written, or with the connection
		defer close(heard)
		_, _ = near.Read(make([]byte, 1))
	}()
	for range 10 {
		runtime.Gosched() // it waits in Read then
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // keeps the processor busy, ends with stop
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.Gosched()
			}
		}
	}()
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		rounds.Wait()
	}
	select {
	case <-heard:
	default:
		t.Error("the connection was not served")
	}
	close(stop)
	<-stopped
	<-heard
}

// Several goroutines can wait for a round at once, and after Close.
func TestRoundsAtOnce(t *testing.T) {
	leak.Check(t)
	rounds, err := NewRounds()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				rounds.Wait()
			}
		})
	}
	wg.Wait()
	rounds.Close()
	rounds.Wait()
}
