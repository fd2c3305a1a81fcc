package exchange

import (
	"sync/atomic"
	"time"

	"elbow/internal/balance"
	"elbow/internal/metrics"
	"elbow/internal/overload"
	"elbow/internal/upstream"
)

// A Backend is one server that exchanges are forwarded to. It outlives configs: while
// the address stays the same, it keeps its connections, its health and its count of
// active exchanges.
type Backend struct {
	ID      string // as in metrics, access log and API
	Member  *balance.Member
	Pool    *upstream.Pool
	Address string // IP:port

	Gate     overload.Gate    // counts in Member.Active
	queued   atomic.Uint64    // exchanges that had to queue
	busy     overload.Episode // of exchanges refused because the gate was full
	stalls   stalls           // of exchanges that hold a place
	standing overload.Episode // of stalled clients that were ended to free a place
	drain    time.Duration    // for in-flight exchanges after Retire
	all      *metrics.Set[BackendCounts]
	counts   *metrics.Instance[BackendCounts]
	expired  atomic.Bool // it was removed, and its exchanges have been cut
}

// BackendOptions are the parameters of NewBackend.
type BackendOptions struct {
	ID, Address string
	Pool        upstream.Options
	Room        int           // exchanges in flight; as many more may queue
	QueueFor    time.Duration // longest wait in the queue
	Drain       time.Duration // for exchanges in flight after Retire
	Counts      *metrics.Set[BackendCounts]
	Labels      [2]string // of its metrics: load balancer and listener
}

// NewBackend returns a Backend of unknown health without connections.
func NewBackend(o *BackendOptions) *Backend {
	b := &Backend{
		ID:      o.ID,
		Address: o.Address,
		Member:  &balance.Member{ID: o.ID},
		Pool:    upstream.NewPool(o.Address, o.Pool),
		drain:   o.Drain,
		all:     o.Counts,
	}
	b.Gate = overload.Gate{Limit: int64(o.Room), Room: o.Room, Patience: o.QueueFor, Inside: &b.Member.Active}
	b.counts = b.all.Add(b.sample, o.Labels[0], o.Labels[1], o.ID, o.Address)
	return b
}

// Retire closes the idle connections of a backend that no Config uses any more, and
// removes its metrics. It must be called only once.
//
// An exchange that has loaded the previous Config completes with that Config: it may
// still choose this backend, wait for a place at it and connect to it. New exchanges load
// the new Config and cannot choose it; a cookie that names it is treated as one that names
// no member. After the DrainTimeout the connections in use are closed: the client gets 502,
// or a truncated response if it has begun, and the access log says ErrOffBackend. New
// connections to this backend are refused then, also for a retry.
func (b *Backend) Retire() {
	b.Pool.Close()
	time.AfterFunc(b.drain, b.expire)
	b.all.Remove(b.counts)
}

// expire cuts the exchanges that are still in flight with a retired backend.
func (b *Backend) expire() {
	b.expired.Store(true)
	b.Pool.Cut()
}
