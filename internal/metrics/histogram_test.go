package metrics

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// timesOf is the content of a histogram after these durations.
func timesOf(durations ...time.Duration) (t Times) {
	var h Histogram
	for _, d := range durations {
		h.Observe(d)
	}
	h.addTo(&t)
	return t
}

func TestHistogramBuckets(t *testing.T) {
	for _, tt := range []struct {
		d      time.Duration
		bucket int
	}{
		{-time.Second, 0},
		{0, 0},
		{100 * time.Microsecond, 0},
		{100*time.Microsecond + 1, 1},
		{time.Millisecond, 3},
		{180 * time.Second, len(bounds) - 1},
		{180*time.Second + 1, len(bounds)},
		{math.MaxInt64, len(bounds)},
	} {
		times := timesOf(tt.d)
		if got := slices.Index(times.counts[:], 1); got != tt.bucket || times.Count() != 1 {
			t.Errorf("%v: counted in bucket %d, want %d", tt.d, got, tt.bucket)
		}
		if want := max(tt.d, 0); times.Sum != want {
			t.Errorf("%v: sum %v, want %v", tt.d, times.Sum, want)
		}
	}
	if !slices.IsSorted(bounds[:]) {
		t.Error("the bounds are not in order")
	}
}

// A quantile lies in the same bucket as the true value.
func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []time.Duration
		for _, us := range rapid.SliceOfN(rapid.IntRange(0, 400_000_000), 1, 200).Draw(t, "microseconds") {
			all = append(all, time.Duration(us)*time.Microsecond)
		}
		times := timesOf(all...)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		slices.Sort(all)
		exact := all[max(1, int(math.Ceil(q*float64(len(all)))))-1]
		n, _ := slices.BinarySearch(bounds[:], exact)
		low, high := time.Duration(0), bounds[min(n, len(bounds)-1)]
		if n > 0 {
			low = bounds[n-1]
		}
		if n == len(bounds) {
			low = high // longer than all bounds: the last bound counts
		}
		if got := times.Quantile(q); got < low || got > high {
			t.Fatalf("quantile %v: got %v, want %v to %v, where %v is", q, got, low, high, exact)
		}
	})
}

func TestQuantileInterpolates(t *testing.T) {
	var h Histogram
	for range 100 {
		h.Observe(1500 * time.Microsecond) // in the bucket from 1 to 2 ms
	}
	var times Times
	h.addTo(&times)
	for q, want := range map[float64]time.Duration{
		0: 1010 * time.Microsecond, 0.5: 1500 * time.Microsecond, 0.99: 1990 * time.Microsecond, 1: 2 * time.Millisecond,
	} {
		if got := times.Quantile(q).Round(time.Microsecond); got != want {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
	if empty := new(Times); empty.Quantile(0.5) != 0 {
		t.Errorf("quantile of nothing: got %v, want 0", empty.Quantile(0.5))
	}
}

func TestTimesSince(t *testing.T) {
	var h Histogram
	h.Observe(time.Millisecond)
	var before, after Times
	h.addTo(&before)
	h.Observe(time.Second)
	h.Observe(time.Second)
	h.addTo(&after)
	got := after.Since(before)
	if again := before.Plus(got); again != after {
		t.Errorf("what was before and what came since are %+v, want %+v", again, after)
	}
	if got.Count() != 2 || got.Sum != 2*time.Second || got.Quantile(0) <= time.Millisecond {
		t.Errorf("got %d durations of %v in all, want the last two", got.Count(), got.Sum)
	}
}

func BenchmarkObserve(b *testing.B) {
	var h Histogram
	for b.Loop() {
		h.Observe(3 * time.Millisecond)
	}
}
