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

// A Budget bounds the memory that clients make the process use. Each connection
// and exchange is charged its usual cost at once, and in addition the long heads,
// bodies and windows that it is known to hold. Actual use is measured
// periodically. Over either bound, new requests are answered with 503 and new
// connections are closed, while those in flight continue; clients that hold more
// than their share lose connections (relief.go).
type Budget struct {
	total int64         // bytes that the process may use; 0: no bound
	conns *atomic.Int64 // client connections
	held  atomic.Int64  // bytes charged for exchanges, what they hold, and QUIC

	tight   atomic.Bool                  // measured use is over the bound
	greedy  atomic.Pointer[[]netip.Addr] // clients over their share at the last check; nil: none
	relieve func()                       // called when something was refused
	refused chan struct{}                // signals a refusal; capacity 1
	stop    chan struct{}
	done    chan struct{}
}

// The estimated costs. Half of the memory is for what clients hold. Of the rest,
// most is the garbage that accumulates between two runs of the collector; the
// store needs some, and the remainder is for full buffers.
const (
	ConnCost     = 16 << 10 // an idle TLS connection (make bench: idle)
	QUICCost     = 88 << 10 // a QUIC connection, in addition: four goroutines, maps, buffers
	ExchangeCost = 32 << 10 // an exchange that waits for its backend: head, stack, stream
	UploadCost   = 32 << 10 // a body that is blocked in either direction: a full buffer
	BudgetShare  = 2        // the costs may add up to one part in that many
)

// connsShareOf4 is the part of that sum, 3 in 4, above which no connections are
// accepted: the existing ones need the rest for their requests.
const connsShareOf4 = 3

// Live memory is measured: above tightOf8 eighths of the total, memory counts as
// tight until it falls below easyOf8 eighths.
const (
	tightOf8 = 6
	easyOf8  = 5
)

// budgetInterval is the time between two measurements. While memory is tight each
// measurement runs the garbage collector, because nothing else would show that
// memory was freed; the interval is longer then.
const (
	budgetInterval      = 250 * time.Millisecond
	budgetTightInterval = time.Second
)

// reliefInterval is the minimum time between two scans of what clients hold. A
// scan takes 10 ms with 100,000 connections.
const reliefInterval = 100 * time.Millisecond

var ErrMemory = errors.New("memory is short")

// Start starts the measurements, unless there is no bound.
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

// reckoned is the estimated memory of connections and of what they hold.
func (b *Budget) reckoned() int64 { return b.conns.Load()*ConnCost + b.Holds() }

// Full reports whether there is no room for the exchange that was counted last.
func (b *Budget) Full() bool {
	return b.total > 0 && (b.tight.Load() || b.reckoned() > b.Limit())
}

// FullForConns reports whether there is no room for another connection of this
// client. While some clients are over their share, others may use the part
// reserved for requests, because memory is freed soon.
func (b *Budget) FullForConns(client netip.AddrPort) bool {
	if b.total == 0 || !b.tight.Load() && b.reckoned() <= b.Limit()/4*connsShareOf4 {
		return false
	}
	greedy := b.greedy.Load()
	if b.Full() || greedy == nil || slices.Contains(*greedy, Source(client.Addr())) {
		return true
	}
	b.Refuse()
	return false
}

// Limit is the estimated memory that clients may hold, in bytes; 0: no bound.
func (b *Budget) Limit() int64 { return b.total / BudgetShare }

// Holds is the memory charged in addition to the usual cost of connections.
func (b *Budget) Holds() int64 { return b.held.Load() }

// Hold charges n bytes that belong to no connection yet; a negative n releases
// them.
func (b *Budget) Hold(n int64) { b.held.Add(n) }

// IsTight reports whether live memory is over the bound.
func (b *Budget) IsTight() bool { return b.tight.Load() }

// Roomy reports whether n bytes may be spent on an optimization.
func (b *Budget) Roomy(n int64) bool {
	return b.total == 0 || !b.tight.Load() && b.reckoned()+n <= b.Limit()/8*reliefOf8
}

// Overfull reports whether there are so many exchanges that even refusing another
// one costs too much: an answer occupies a buffer until its client has read it.
func (b *Budget) Overfull() bool {
	return b.total > 0 && b.reckoned() > b.Limit()/8*9
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

// pause waits for d and starts relief when something is refused. It reports
// whether to continue.
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
	default: // already signalled, or there is no bound
	}
}

// Measured records the live memory, in bytes.
func (b *Budget) Measured(live int64) {
	switch {
	case live > b.total/8*tightOf8:
		b.tight.Store(true)
	case live < b.total/8*easyOf8:
		b.tight.Store(false)
	}
}
