package exchange

import (
	"sync/atomic"
	"time"

	"elbow/internal/balance"
	"elbow/internal/metrics"
	"elbow/internal/overload"
	"elbow/internal/upstream"
)

// A Backend is one server that exchanges go to. It outlives configs: as long
// as the address stays the same its connections, its health and its count of
// active exchanges do.
type Backend struct {
	ID      string // as metrics, access log and API name it
	Member  *balance.Member
	Pool    *upstream.Pool
	Address string // IP:port

	Gate     overload.Gate    // counts in Member.Active
	queued   atomic.Uint64    // exchanges that found no place at once
	busy     overload.Episode // of exchanges that got none
	stalls   stalls           // of exchanges that have one
	standing overload.Episode // of clients that stood still and had to make room
	drain    time.Duration    // for exchanges with it when it is retired
	all      *metrics.Set[BackendCounts]
	counts   *metrics.Instance[BackendCounts]
	expired  atomic.Bool // it was removed, and exchanges with it have been cut
}

// BackendOptions are what a Backend is made of.
type BackendOptions struct {
	ID, Address string
	Pool        upstream.Options
	Room        int           // exchanges under way; as many again may wait
	QueueFor    time.Duration // that long
	Drain       time.Duration // for exchanges under way when it is retired
	Counts      *metrics.Set[BackendCounts]
	Labels      [2]string // of its counts: load balancer and listener
}

// NewBackend returns a Backend with its health unknown and without connections.
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

// Retire closes the idle connections of a backend that no Config uses any
// more, and takes it out of the metrics. It is called once.
//
// An exchange that has loaded the previous Config completes with that Config: it may
// still choose this backend, wait for a place at it and connect to it. New exchanges load
// the new Config and cannot choose it; a cookie that names it is treated as one that names
// no member. After the DrainTimeout the connections in use are closed: the client gets 502,
// or a truncated response if it has begun, and the access log says ErrOffBackend.
func (b *Backend) Retire() {
	b.Pool.Close()
	time.AfterFunc(b.drain, b.expire)
	b.all.Remove(b.counts)
}

// expire cuts the exchanges that are under way with a retired backend.
func (b *Backend) expire() {
	b.expired.Store(true)
	b.Pool.Cut()
}
