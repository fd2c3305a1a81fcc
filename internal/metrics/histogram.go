package metrics

import (
	"math"
	"sync/atomic"
	"time"
)

// bounds are the inclusive upper bounds of the buckets. They reach from the
// latency of a backend on the same machine to the longest RequestTimeout, in
// steps small enough that a quantile computed from them is right to a factor of
// 2.5 at worst.
var bounds = [...]time.Duration{
	100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	1 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2 * time.Second, 5 * time.Second,
	10 * time.Second, 20 * time.Second, 50 * time.Second,
	100 * time.Second, 180 * time.Second,
}

// Buckets is the number of buckets: one for each bound and one for longer
// durations.
const Buckets = len(bounds) + 1

// A Histogram counts durations by bucket. The zero Histogram is ready to use.
type Histogram struct {
	counts [Buckets]atomic.Uint64
	sum    atomic.Int64 // nanoseconds
}

// Observe counts d; a negative d, from a clock set back, counts as 0.
func (h *Histogram) Observe(d time.Duration) {
	d = max(d, 0)
	n := 0
	for n < len(bounds) && d > bounds[n] { // most are short: few steps, well predicted
		n++
	}
	h.counts[n].Add(1)
	h.sum.Add(int64(d))
}

func (h *Histogram) addTo(t *Times) {
	for n := range h.counts {
		t.counts[n] += h.counts[n].Load()
	}
	t.Sum += time.Duration(h.sum.Load())
}

// Times is the content of a histogram at one moment.
type Times struct {
	counts [Buckets]uint64
	Sum    time.Duration // of all durations
}

// TimesOf returns the Times with this PerBucket and Sum.
func TimesOf(counts [Buckets]uint64, sum time.Duration) Times { return Times{counts, sum} }

// PerBucket returns the number of durations in each bucket, the shortest first.
func (t *Times) PerBucket() [Buckets]uint64 { return t.counts }

// Count returns the number of durations.
func (t *Times) Count() uint64 {
	var n uint64
	for _, c := range t.counts {
		n += c
	}
	return n
}

// Since returns the durations added after an earlier moment of the same
// histogram.
func (t Times) Since(earlier Times) Times {
	for n := range t.counts {
		t.counts[n] -= earlier.counts[n]
	}
	t.Sum -= earlier.Sum
	return t
}

// Plus returns the sum of both.
func (t Times) Plus(other Times) Times {
	for n := range t.counts {
		t.counts[n] += other.counts[n]
	}
	t.Sum += other.Sum
	return t
}

// Quantile returns the duration that the fraction q, 0 to 1, of all durations
// does not exceed, as if those of a bucket were spread evenly over it. Durations
// longer than the last bound count as that bound. It is 0 if there are none.
func (t *Times) Quantile(q float64) time.Duration {
	count := t.Count()
	if count == 0 {
		return 0
	}
	rank := max(1, uint64(math.Ceil(q*float64(count)))) // of the duration sought, the shortest being 1
	var low time.Duration
	for n, c := range t.counts[:len(bounds)] {
		if rank <= c {
			return low + time.Duration(float64(bounds[n]-low)*float64(rank)/float64(c))
		}
		rank -= c
		low = bounds[n]
	}
	return low
}
