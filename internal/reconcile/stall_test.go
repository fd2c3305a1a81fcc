package reconcile

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
)

// A stuckSource stands still when it is asked for the desired state, until stuck
// is closed.
type stuckSource struct {
	changed chan struct{}
	stuck   chan struct{}
}

func (s *stuckSource) Desired() store.Desired {
	<-s.stuck
	return store.Desired{Revision: 1}
}

func (s *stuckSource) Changed() <-chan struct{} { return s.changed }

// Health tells of a loop that stands still in a pass, and of one no more that goes
// on or has nothing to do.
func TestHealthTellsOfAStall(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s := &stuckSource{make(chan struct{}, 1), make(chan struct{})}
		l := New(Config{
			Source: s, Node: "n", Log: slog.New(slog.DiscardHandler),
			Report: func(context.Context, string, []elb.ListenerStatus, []elb.ListenerKey) error { return nil },
		})
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			l.Run(ctx)
		}()
		time.Sleep(stallTime) // of the test's own clock, as all that follow
		if h := l.Health(); h.Stalled != 0 {
			t.Errorf("within stallTime: stalled for %s", h.Stalled)
		}
		time.Sleep(time.Second)
		if h := l.Health(); h.Stalled != stallTime+time.Second {
			t.Errorf("stalled for %s, want %s", h.Stalled, stallTime+time.Second)
		}
		close(s.stuck)
		synctest.Wait()
		if h := l.Health(); h.Stalled != 0 || h.Revision != 1 {
			t.Errorf("once it goes on: %+v", h)
		}
		time.Sleep(2 * stallTime)
		if h := l.Health(); h.Stalled != 0 {
			t.Errorf("with nothing to do: stalled for %s", h.Stalled)
		}
		end()
		<-ended
	})
}
