package metrics

import (
	"sync"
	"sync/atomic"
)

// An Instance is the counts of one labelled thing.
//
// It keeps several copies of T, lanes, on machines with many cores, so that
// cores seldom fight for a cache line; what is read is the sum of all lanes.
type Instance[T any] struct {
	lanes  []*T
	picker *lanePicker
	values []string // of the labels
	sample atomic.Pointer[func(*T)]

	users int // guarded by Set.mu: Adds without Remove
}

func newInstance[T any](lanes int, picker *lanePicker, values []string) *Instance[T] {
	i := &Instance[T]{lanes: make([]*T, lanes), picker: picker, values: values}
	for n := range i.lanes {
		i.lanes[n] = new(T)
	}
	return i
}

// Local returns the lane to count in. Ask once for an exchange's worth of
// counting, not once for each count; any lane may be used at any time.
func (i *Instance[T]) Local() *T {
	if len(i.lanes) == 1 {
		return i.lanes[0]
	}
	return i.lanes[i.picker.pick()]
}

// Count returns the value of a counter.
func (i *Instance[T]) Count(of func(*T) *Counter) uint64 {
	var n uint64
	for _, t := range i.lanes {
		n += of(t).n.Load()
	}
	return n
}

// Level returns the value of a gauge.
func (i *Instance[T]) Level(of func(*T) *Gauge) int64 {
	var n int64
	for _, t := range i.lanes {
		n += of(t).n.Load()
	}
	return n
}

// Times returns what a histogram holds.
func (i *Instance[T]) Times(of func(*T) *Histogram) Times {
	var sum Times
	for _, t := range i.lanes {
		of(t).addTo(&sum)
	}
	return sum
}

func (i *Instance[T]) refresh() {
	if sample := i.sample.Load(); sample != nil {
		(*sample)(i.lanes[0])
	}
}

// laneCount is how many lanes an instance has on a machine of procs cores: one
// for each 8 cores. A lane that 8 cores write to costs each of them some tens
// of nanoseconds an exchange, against some 17 µs for the exchange; a lane for
// each core would cost memory that thousands of idle listeners never use.
func laneCount(procs int) int { return max(1, min(procs/8, maxLanes)) }

// maxLanes bounds the memory: 16 lanes serve 128 cores.
const maxLanes = 16

// A lanePicker tells goroutines on different cores to use different lanes. A
// sync.Pool keeps what was put into it on the core that did, and so remembers
// for each core which lane it had; when the collector empties the pool, the
// lanes are dealt out anew.
type lanePicker struct {
	lanes uint32
	dealt atomic.Uint32
	cores sync.Pool // of *uint32
}

func newLanePicker(lanes int) lanePicker { return lanePicker{lanes: uint32(lanes)} }

func (p *lanePicker) pick() uint32 {
	lane, ok := p.cores.Get().(*uint32)
	if !ok {
		lane = new(uint32)
		*lane = p.dealt.Add(1) % p.lanes
	}
	n := *lane
	p.cores.Put(lane)
	return n
}
