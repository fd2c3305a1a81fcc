package exchange

import (
	"errors"
	"fmt"

	"elbow/internal/overload"
)

var errNoMember = errors.New("no usable backend")

// errBusy refuses an exchange for which no place at the backend became free.
var errBusy = errors.New("backend is at its limit of exchanges")

// An assignment is the choice of a backend for an exchange: a member of the listener's
// group, and the place that the exchange holds there or waits for.
type assignment struct {
	from    *Origin
	cfg     *Config
	member  int // index of backend in cfg.Backends; -1: none yet
	backend *Backend
	place   place // at the backend's gate
}

// open prepares a for a new exchange.
func (a *assignment) open(from *Origin, cfg *Config) {
	*a = assignment{from: from, cfg: cfg, member: -1}
}

// choose selects the member for the next attempt: named, which is the one that the cookie
// names, or the scheduler's pick if named is negative.
func (a *assignment) choose(named int) *Fault {
	if named >= 0 {
		a.enter(named)
		return nil
	}
	m, avoid := -1, a.member
	if a.cfg.Scheduler != nil {
		m = a.cfg.Scheduler.Pick(a.from.Key, avoid)
	}
	if m < 0 {
		return &Fault{Side: Upstream, Op: OpChoose, Status: 503, Err: errNoMember}
	}
	a.enter(m)
	if a.place == queuedPlace && avoid < 0 {
		a.roomier()
	}
	return nil
}

// move chooses another member for a retry, within the listener's retry budget. If there
// is none, the Fault of the first attempt stands.
func (a *assignment) move() bool {
	budget := &a.from.Frontend.Retries
	if !budget.Take() {
		return false
	}
	if a.choose(-1) != nil {
		budget.GiveBack()
		return false
	}
	return true
}

// enter assigns the exchange to member m. It enters the member's gate, where it has a place
// at once or must queue for one.
func (a *assignment) enter(m int) {
	a.leave()
	a.member, a.backend = m, a.cfg.Backends[m]
	if a.backend.Gate.Enter() {
		a.place = a.place.after(enterFree)
	} else {
		a.place = a.place.after(enterFull)
	}
}

// roomier replaces the member just picked, which is full, by another that is not. It tries
// only one: the schedulers do not know which members are full, and if two picks are, most
// members are.
func (a *assignment) roomier() {
	if m := a.cfg.Scheduler.Pick(a.from.Key, a.member); m >= 0 && a.cfg.Backends[m].Gate.Free() {
		a.enter(m)
	}
}

// queue waits for a place at the chosen backend if all are taken.
func (a *assignment) queue(client ClientSide) *Fault {
	if a.place != queuedPlace {
		return nil
	}
	a.place = a.place.after(admit)
	b := a.backend
	b.queued.Add(1)
	a.makeRoom()
	switch err := b.Gate.Wait(client.Gone); err {
	case nil:
		return nil
	case overload.ErrGone:
		return ClientGone(OpQueue)
	default:
		a.from.Frontend.Counts.Local().Refusals[overload.OfBackend].Inc()
		b.busy.Refuse(a.from.Log, errBusy, "lb", a.cfg.LoadBalancer, "listener", a.cfg.Port, "backend", b.ID)
		return &Fault{Side: Upstream, Op: OpQueue, Status: 503, Err: fmt.Errorf("%w: %w", errBusy, err)}
	}
}

// makeRoom ends stalled exchanges to free a place at the backend.
func (a *assignment) makeRoom() {
	b := a.backend
	for range b.stalls.free(b.Gate.Waiting()+1, overload.Source(a.from.Client.Addr()), b.Gate.Limit) {
		b.standing.Refuse(a.from.Log, ErrStalled, "lb", a.cfg.LoadBalancer, "listener", a.cfg.Port, "backend", b.ID)
	}
}

// vacate gives up the place at the backend, which has completed its part of the exchange.
func (a *assignment) vacate() {
	if a.place != noPlace {
		a.place = a.place.after(leavePlace)
		a.backend.Gate.Leave()
	}
}

// leave undoes enter.
func (a *assignment) leave() {
	if a.backend != nil {
		a.vacate()
		a.backend = nil
	}
}

// stalls returns the stalls at the backend; nil if the exchange holds no place there.
func (a *assignment) stalls() *stalls {
	if a.backend == nil || a.place == noPlace {
		return nil
	}
	return &a.backend.stalls
}
