package metrics

import (
	"sync"
	"sync/atomic"
)

// An Instance holds the counts of one labelled object.
//
// On machines with many cores it keeps several copies of T, lanes, so that cores
// seldom contend for a cache line; reads return the sum of all lanes.
type Instance[T any] struct {
	lanes  []*T
	picker *lanePicker
	values []string // of the labels
	quoted []string // the same, quoted for output
	sample atomic.Pointer[func(*T)]

	users int // guarded by Set.mu: Adds without Remove
}

func newInstance[T any](picker *lanePicker, values []string) *Instance[T] {
	i := &Instance[T]{lanes: make([]*T, len(picker.lanes)), picker: picker, values: values}
	for _, value := range values {
		i.quoted = append(i.quoted, quote(value))
	}
	for n := range i.lanes {
		i.lanes[n] = new(T)
	}
	return i
}

// Local returns the lane to count in. Call it once per exchange, not once for
// each count; any lane may be used at any time.
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

// laneCount is the number of lanes of an instance on a machine of procs cores:
// one for each 8 cores. Cores that share a lane cost each other some tens of
// nanoseconds an exchange, against some 17 µs that an exchange takes; a lane for
// each core would cost memory that thousands of idle listeners never use.
func laneCount(procs int) int { return max(1, min(procs/8, maxLanes)) }

// maxLanes bounds the memory: 16 lanes serve 128 cores.
const maxLanes = 16

// A lanePicker makes goroutines on different cores use different lanes. A
// sync.Pool keeps an item on the core that put it, and so remembers the lane of
// each core; when the garbage collector empties the pool, lanes are assigned
// again. Measured on two cores that do nothing but count exchanges of 12
// additions: 108 to 280 ns in one lane, 31 ns with lanes picked like this, 89 ns
// with lanes picked at random, which avoids contention but not the cache miss.
type lanePicker struct {
	lanes []int // 0, 1, 2 …, for pointers
	dealt atomic.Uint64
	cores sync.Pool // of pointers into lanes
}

func newLanePicker(lanes int) *lanePicker {
	p := &lanePicker{lanes: make([]int, lanes)}
	for n := range p.lanes {
		p.lanes[n] = n
	}
	return p
}

func (p *lanePicker) pick() int {
	lane, ok := p.cores.Get().(*int)
	if !ok {
		lane = &p.lanes[p.dealt.Add(1)%uint64(len(p.lanes))]
	}
	p.cores.Put(lane)
	return *lane
}
