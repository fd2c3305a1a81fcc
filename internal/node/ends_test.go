package node

import (
	"context"
	"slices"
	"testing"
)

// Parts end in the reverse order of their start, including those that are started while
// others end, and each ends once.
func TestEnds(t *testing.T) {
	var e ends
	var order []int
	note := func(n int) func() { return func() { order = append(order, n) } }
	e.atEnd(note(1))
	e.atEndWithin(func(ctx context.Context) {
		if ctx.Err() == nil {
			t.Error("it is not the context of who ends")
		}
		note(2)()
	})
	e.atEnd(note(3))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e.endAll(ctx)
	e.endAll(ctx)
	if want := []int{3, 2, 1}; !slices.Equal(order, want) {
		t.Errorf("ended in the order %v, want %v", order, want)
	}
}

// A background function has returned when stop returns, however often stop is called.
func TestBackground(t *testing.T) {
	running, ended := make(chan struct{}), false
	stop := background(func(ctx context.Context) {
		close(running)
		<-ctx.Done()
		ended = true
	})
	<-running
	stop()
	if !ended {
		t.Error("stop has returned before the end")
	}
	stop()
}
