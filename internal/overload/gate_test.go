package overload

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

func newGate(limit, room int) *Gate {
	return &Gate{Limit: int64(limit), Room: room, Patience: time.Second, Inside: new(atomic.Int64)}
}

func stays() bool { return false }

// pass enters the gate, stays inside for d, and returns how long it waited.
func (g *Gate) pass(d time.Duration) (waited time.Duration, err error) {
	came := time.Now()
	defer g.Leave()
	if !g.Enter() {
		err = g.Wait(stays)
	}
	waited = time.Since(came)
	if err == nil {
		time.Sleep(d)
	}
	return waited, err
}

func (g *Gate) wantEmpty(t *testing.T) {
	t.Helper()
	if n, w := g.Inside.Load(), g.Waiting(); n != 0 || w != 0 {
		t.Errorf("%d are left inside, %d in the queue", n, w)
	}
}

func TestGateLetsInInTurn(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 3)
		order := make(chan int, 4)
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				if _, err := g.pass(100 * time.Millisecond); err != nil {
					t.Errorf("%d: %v", i, err)
				}
				order <- i
			})
			synctest.Wait()
		}
		if _, err := g.pass(0); err != ErrQueueFull {
			t.Errorf("the fifth: got %v, want %v", err, ErrQueueFull)
		}
		wg.Wait()
		for i := range 4 {
			if got := <-order; got != i {
				t.Errorf("%d came out in place %d", got, i)
			}
		}
		g.wantEmpty(t)
	})
}

func TestGateGivesUpAfterPatience(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 3)
		g.Enter()
		if waited, err := g.pass(0); err != ErrLongWait || waited != time.Second {
			t.Errorf("got %v after %v, want %v after a second", err, waited, ErrLongWait)
		}
		g.Leave()
		g.wantEmpty(t)
		if waited, err := g.pass(0); err != nil || waited != 0 {
			t.Errorf("after that: %v, after %v", err, waited)
		}
	})
}

// Under a lasting overload nobody waits for long, and no place stays empty; after
// it, a burst may wait again.
func TestGateHurriesWhenTheQueueStays(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		const each = 10 * time.Millisecond
		g := newGate(1, 1000)
		var wg sync.WaitGroup
		var late, inVain, refused, served atomic.Int64
		start := time.Now()
		for time.Since(start) < 5*time.Second { // at three times the capacity
			settled := time.Since(start) > 3*time.Second
			wg.Go(func() {
				waited, err := g.pass(each)
				switch {
				case err != nil:
					refused.Add(1)
					if settled && waited > 0 {
						inVain.Add(1)
					}
				default:
					served.Add(1)
				}
				if settled && waited > 2*time.Second/hurriedShare {
					late.Add(1)
				}
			})
			time.Sleep(each / 3)
		}
		wg.Wait()
		if n := served.Load(); n < 490 {
			t.Errorf("%d were served in 5s of 10ms each", n)
		}
		if refused.Load() == 0 || late.Load() > 0 || inVain.Load() > 0 {
			t.Errorf("%d were refused, %d waited for more than 100ms, %d in vain", refused.Load(), late.Load(), inVain.Load())
		}
		g.wantEmpty(t)

		time.Sleep(time.Second)
		g.Enter()
		time.AfterFunc(900*time.Millisecond, g.Leave)
		if waited, err := g.pass(0); err != nil || waited != 900*time.Millisecond {
			t.Errorf("in a burst after it: %v, after %v", err, waited)
		}
		g.wantEmpty(t)
	})
}

// A queue in which nobody waits in vain, but which never empties, is no burst
// either.
func TestGateDissolvesAStandingQueue(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		const each = 10 * time.Millisecond
		g := newGate(1, 1000)
		var wg sync.WaitGroup
		var late, served atomic.Int64
		start := time.Now()
		for range 50 { // which all come again and again: half a second's work
			wg.Go(func() {
				for time.Since(start) < 5*time.Second {
					waited, err := g.pass(each)
					switch {
					case err != nil:
						time.Sleep(each)
					case time.Since(start) > 3*time.Second && waited > 2*time.Second/hurriedShare:
						late.Add(1)
						fallthrough
					default:
						served.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if n := served.Load(); n < 490 {
			t.Errorf("%d were served in 5s of 10ms each", n)
		}
		if n := late.Load(); n > 0 {
			t.Errorf("%d waited for more than 100ms", n)
		}
		g.wantEmpty(t)
	})
}

func TestGateForgetsWhoLeaves(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 3)
		g.Patience = time.Minute
		g.Enter()
		if g.Enter() {
			t.Fatal("two are inside")
		}
		var gone atomic.Bool
		time.AfterFunc(1500*time.Millisecond, func() { gone.Store(true) })
		start := time.Now()
		if err := g.Wait(gone.Load); err != ErrGone || time.Since(start) != 2*time.Second {
			t.Errorf("got %v after %v, want %v after two seconds", err, time.Since(start), ErrGone)
		}
		g.Leave()
		g.Leave()
		g.wantEmpty(t)
	})
}

// However many enter, leave, give up and wait at once, no more than the limit are
// inside, and no waiter is forgotten.
func TestGateHoldsItsLimit(t *testing.T) {
	leak.Check(t)
	g := newGate(3, 8)
	g.Patience = time.Millisecond
	var inside, served atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 300 {
				err := error(nil)
				if !g.Enter() {
					err = g.Wait(stays)
				}
				if err == nil {
					if n := inside.Add(1); n > 3 {
						t.Errorf("%d are inside", n)
					}
					served.Add(1)
					inside.Add(-1)
				}
				g.Leave()
			}
		})
	}
	wg.Wait()
	g.wantEmpty(t)
	if served.Load() == 0 {
		t.Error("nobody was served")
	}
}

// Under pressure, a caller that WouldRefuse let pass counts for a moment before
// it arrives: no more pass at once than may wait.
func TestGateCountsWhoIsComing(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1000)
		g.Enter()
		passed := func() (n int) {
			for range 100 {
				if !g.WouldRefuse(1) {
					n++
				}
			}
			return n
		}
		if n := passed(); n != 100 {
			t.Errorf("without press %d passed", n)
		}
		time.Sleep(g.Patience / hurriedShare)
		g.refused, g.pace.each = time.Now(), 10*time.Millisecond
		if n := passed(); n != 5 {
			t.Errorf("%d passed, want those who need not wait for more than 50 ms", n)
		}
		if n := passed(); n != 0 {
			t.Errorf("%d passed at the same time", n)
		}
		time.Sleep(g.Patience / hurriedShare) // clients that send nothing
		if n := passed(); n != 5 {
			t.Errorf("%d passed after that", n)
		}
	})
}
