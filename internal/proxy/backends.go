package proxy

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

	gate     overload.Gate    // counts in Member.Active
	queued   atomic.Uint64    // exchanges that found no place at once
	busy     overload.Episode // of exchanges that got none
	stalls   stalls           // of exchanges that have one
	standing overload.Episode // of clients that stood still and had to make room
	drain    time.Duration    // for exchanges with it when it is retired
	all      *metrics.Set[backendCounts]
	counts   *metrics.Instance[backendCounts]
	expired  atomic.Bool // it was removed, and exchanges with it have been cut
}

// backendOptions are what a Backend is made of.
type backendOptions struct {
	id, address string
	pool        upstream.Options
	room        int           // exchanges under way; as many again may wait
	queueFor    time.Duration // that long
	drain       time.Duration // for exchanges under way when it is retired
	counts      *metrics.Set[backendCounts]
	labels      [2]string // of its counts: load balancer and listener
}

// newBackend returns a Backend with its health unknown and without connections.
func newBackend(o *backendOptions) *Backend {
	b := &Backend{
		ID:      o.id,
		Address: o.address,
		Member:  &balance.Member{ID: o.id},
		Pool:    upstream.NewPool(o.address, o.pool),
		drain:   o.drain,
		all:     o.counts,
	}
	b.gate = overload.Gate{Limit: int64(o.room), Room: o.room, Patience: o.queueFor, Inside: &b.Member.Active}
	b.counts = b.all.Add(b.sample, o.labels[0], o.labels[1], o.id, o.address)
	return b
}

// Retire closes the idle connections of a backend that no Config uses any
// more, and takes it out of the metrics. Exchanges under way have the
// DrainTimeout to end; then they are cut. It is called once.
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
