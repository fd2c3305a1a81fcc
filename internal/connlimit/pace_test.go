package connlimit

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// A client that has left takes no turn: however many have come and left, a new
// one waits only for those that are still there.
func TestPaceIsOfThoseWhoAreThere(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(10, 5)
		for range 5 {
			if !p.Wait(t.Context(), nil, 1) {
				t.Fatal("the burst waits")
			}
		}
		var all sync.WaitGroup
		var floods []*conn
		for range 1000 {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			c := &conn{Conn: ours, from: New(nil, Limits{Conns: 1, Pending: 1}), left: make(chan struct{})}
			c.from.admit(c)
			floods = append(floods, c)
			all.Go(func() { p.Wait(context.Background(), c, 1) })
		}
		synctest.Wait()
		for _, c := range floods[:999] {
			c.Close()
		}
		synctest.Wait()
		began := time.Now()
		if !p.Wait(t.Context(), nil, 1) {
			t.Error("the honest one was not let through")
		}
		if waited := time.Since(began); waited != 200*time.Millisecond { // for its turn and that of the one before
			t.Errorf("the honest one waited %s", waited)
		}
		floods[999].Close()
		all.Wait()
		if p.waiters.Len() != 0 {
			t.Errorf("%d wait", p.waiters.Len())
		}
	})
}

// A request that costs several turns lets as many others pass later.
func TestPaceOfLargeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(10, 5)
		began := time.Now()
		for _, tt := range []struct {
			turns int
			want  time.Duration // since the beginning
		}{{3, 0}, {2, 0}, {2, 200 * time.Millisecond}, {1, 300 * time.Millisecond}, {5, 800 * time.Millisecond}, {1000, 1300 * time.Millisecond}} {
			if !p.Wait(t.Context(), nil, tt.turns) {
				t.Fatalf("%d turns were not let through", tt.turns)
			}
			if got := time.Since(began); got != tt.want {
				t.Errorf("%d turns after %s, want %s", tt.turns, got, tt.want)
			}
		}
	})
}
