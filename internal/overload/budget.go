package overload

import (
	"errors"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync/atomic"
	"time"
)

// A Budget bounds the memory that clients make the process take. Connections and
// exchanges are reckoned at what they need as a rule, which is known at once, and
// at what they are known to hold beyond that: long heads, bodies, windows. What they
// really need is measured now and then. Beyond either, new requests are answered with
// 503 and new connections closed, while what is under way goes on; but clients that
// hold more than their share give some back (relief.go).
type Budget struct {
	total int64         // bytes that the process may have; 0: no bound
	conns *atomic.Int64 // client connections
	held  atomic.Int64  // bytes that are reckoned for what they do, and for QUIC

	tight   atomic.Bool                  // what has been measured is too much
	greedy  atomic.Pointer[[]netip.Addr] // clients that had more than their share when it was looked at last; nil: none
	relieve func()                       // is called when something was refused
	refused chan struct{}                // something was; capacity 1
	stop    chan struct{}
	done    chan struct{}
}

// What the memory is reckoned to be taken by. Half of it is for what clients
// hold: of the rest the most is what the garbage collector lets grow between two
// runs, the store needs some, and full buffers are what is left for.
const (
	ConnCost     = 16 << 10 // an idle TLS connection (make bench: idle)
	QUICCost     = 88 << 10 // what one of QUIC takes beyond that: four goroutines, maps, buffers
	ExchangeCost = 32 << 10 // one that waits for its backend: head, stack, stream
	UploadCost   = 32 << 10 // a body that cannot go on, either way: a full buffer
	BudgetShare  = 2        // one part in that many is what the costs may add up to
)

// connsShare is the part of that sum, 3 in 4, beyond which no connections are
// taken: those there are need the rest for their requests.
const connsShareOf4 = 3

// What is measured is live memory: more than tightOf8 eighths of the total make
// it tight, which it is until less than easyOf8 are left.
const (
	tightOf8 = 6
	easyOf8  = 5
)

// budgetInterval is the time between two measurements. As long as memory is
// tight each one runs the garbage collector, as nothing else would find out that
// it is not any more, so there are fewer of them.
const (
	budgetInterval      = 250 * time.Millisecond
	budgetTightInterval = time.Second
)

// reliefInterval is the least time between two looks at what clients hold. One takes
// 10 ms with 100,000 connections.
const reliefInterval = 100 * time.Millisecond

var ErrMemory = errors.New("memory is short")

// Start begins to measure, unless there is no bound.
func (b *Budget) Start(total int64, conns *atomic.Int64, relieve func()) {
	b.total, b.conns, b.relieve = total, conns, relieve
	if total > 0 {
		b.refused = make(chan struct{}, 1)
		b.stop, b.done = make(chan struct{}), make(chan struct{})
		go b.watch() // ends with close, which waits for it
	}
}

func (b *Budget) Close() {
	if b.stop != nil {
		close(b.stop)
		<-b.done
	}
}

// reckoned is what connections need as a rule, and what they do.
func (b *Budget) reckoned() int64 { return b.conns.Load()*ConnCost + b.Holds() }

// Full reports whether there is no room for the exchange that has been counted
// last.
func (b *Budget) Full() bool {
	return b.total > 0 && (b.tight.Load() || b.reckoned() > b.total/BudgetShare)
}

// FullForConns reports whether there is no room for another connection of this client.
// While some clients have more than their share, others may use what is kept for
// requests: it is given back soon.
func (b *Budget) FullForConns(client netip.AddrPort) bool {
	if b.total == 0 || !b.tight.Load() && b.reckoned() <= b.total/BudgetShare/4*connsShareOf4 {
		return false
	}
	greedy := b.greedy.Load()
	if b.Full() || greedy == nil || slices.Contains(*greedy, Source(client.Addr())) {
		return true
	}
	b.Refuse()
	return false
}

// Limit is what clients may hold, as it is reckoned; 0: no bound.
func (b *Budget) Limit() int64 { return b.total / BudgetShare }

// Holds is what is reckoned beyond what connections need as a rule.
func (b *Budget) Holds() int64 { return b.held.Load() }

// Hold reckons n bytes more, or less, that are of no connection yet.
func (b *Budget) Hold(n int64) { b.held.Add(n) }

// IsTight reports whether more memory lives than should.
func (b *Budget) IsTight() bool { return b.tight.Load() }

// Roomy reports whether n bytes may be used for what is only faster with them.
func (b *Budget) Roomy(n int64) bool {
	return b.total == 0 || !b.tight.Load() && b.reckoned()+n <= b.total/BudgetShare/8*reliefOf8
}

// Overfull reports whether there are so many exchanges that even saying no to
// another one is too much: an answer takes a buffer until its client has read it.
func (b *Budget) Overfull() bool {
	return b.total > 0 && b.reckoned() > b.total/BudgetShare/8*9
}

func (b *Budget) watch() {
	defer close(b.done)
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	interval := budgetInterval
	for b.pause(interval) {
		interval = budgetInterval
		if b.tight.Load() {
			runtime.GC()
			interval = budgetTightInterval
		}
		metrics.Read(samples)
		b.Measured(int64(samples[0].Value.Uint64() + samples[1].Value.Uint64()))
	}
}

// pause waits for d, and has memory be given back when some is refused. It reports
// whether there is more to do.
func (b *Budget) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return true
		case <-b.stop:
			return false
		case <-b.refused:
			b.relieve()
			select {
			case <-time.After(reliefInterval):
			case <-b.stop:
				return false
			}
		}
	}
}

// Refuse is called when something was refused because memory is short.
func (b *Budget) Refuse() {
	select {
	case b.refused <- struct{}{}:
	default: // it has been told, or there is no bound
	}
}

// Measured notes how much memory lives.
func (b *Budget) Measured(live int64) {
	switch {
	case live > b.total/8*tightOf8:
		b.tight.Store(true)
	case live < b.total/8*easyOf8:
		b.tight.Store(false)
	}
}
