package exchange

import (
	"errors"
	"fmt"

	"elbow/internal/overload"
)

// errBusy is why a backend that has as many exchanges as it may gets no more.
var errBusy = errors.New("backend has all the exchanges it may")

// roomier tries another member in place of the one just picked, which is full.
// Only one: the schedulers do not know who is full, and when two are, most are.
func (x *Exchange) roomier() {
	if m := x.cfg.Scheduler.Pick(x.From.Key, x.member); m >= 0 && x.cfg.Backends[m].Gate.Free() {
		x.enter(m)
	}
}

// queue waits for a place at the chosen backend, if there was none.
func (x *Exchange) queue() *Fault {
	if !x.queued {
		return nil
	}
	x.queued = false
	b := x.backend
	b.queued.Add(1)
	x.makeRoom()
	switch err := b.Gate.Wait(x.client.Gone); err {
	case nil:
		return nil
	case overload.ErrGone:
		return ClientGone(OpQueue)
	default:
		x.From.Frontend.Counts.Local().Refusals[overload.OfBackend].Inc()
		b.busy.Refuse(x.From.Log, errBusy, "lb", x.cfg.LoadBalancer, "listener", x.cfg.Port, "backend", b.ID)
		return &Fault{Side: Upstream, Op: OpQueue, Status: 503, Err: fmt.Errorf("%w: %w", errBusy, err)}
	}
}
