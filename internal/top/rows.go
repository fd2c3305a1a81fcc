package top

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// A row is a line of the view: the activity of a load balancer, a listener or a
// backend between two samples.
type row struct {
	place
	depth     int // 0 load balancer, 1 listener, 2 backend
	requests  float64
	errors    float64 // per second, like requests, in and out
	in, out   float64 // bytes
	open      float64
	backends  int // backends below it
	unhealthy int // of these
	p50, p99  float64
	buckets   []cumulant // of durations between the samples
}

// An order is the column by which rows of one depth are sorted.
type order int

const (
	byName order = iota
	byRequests
	byLatency
	byErrors
	byOpen
	orders // the number of orders
)

func (o order) String() string {
	return [orders]string{"name", "requests", "latency", "errors", "active"}[o]
}

// rows compares two samples: load balancers with their listeners and those with
// their backends below, each sorted by o, the greatest first.
func rows(before, now *sample, o order, backends bool) []row {
	seconds := now.at.Sub(before.at).Seconds()
	listeners := make(map[place][]row) // by load balancer
	under := make(map[place][]row)     // backends by listener
	for p, c := range now.counters {
		r := between(before.counters[p], c, seconds)
		r.place = p
		if p.backend == "" {
			r.backends, r.unhealthy = c.members, max(c.members-c.healthy, 0)
			lb := place{lb: p.lb}
			listeners[lb] = append(listeners[lb], r)
			continue
		}
		r.depth, r.backends = 2, 1
		if c.unhealthy {
			r.unhealthy = 1
		}
		l := place{lb: p.lb, listener: p.listener}
		under[l] = append(under[l], r)
	}
	var balancers []row
	for lb, of := range listeners {
		total := row{place: lb}
		for i := range of {
			of[i].depth = 1
			for _, b := range under[of[i].place] {
				of[i].backends += b.backends
				of[i].unhealthy += b.unhealthy
			}
			total.add(of[i])
		}
		total.quantiles()
		balancers = append(balancers, total)
	}
	return arranged(balancers, listeners, under, o, backends)
}

// arranged lists the rows from the top down.
func arranged(balancers []row, listeners, under map[place][]row, o order, backends bool) []row {
	var all []row
	for _, lb := range sorted(balancers, o) {
		all = append(all, lb)
		for _, l := range sorted(listeners[lb.place], o) {
			all = append(all, l)
			if backends {
				all = append(all, sorted(under[l.place], o)...)
			}
		}
	}
	return all
}

// between is the difference of before and now. A counter that decreased was
// restarted, with a process or a listener: all of it happened since.
func between(before, now *counters, seconds float64) row {
	if before == nil || now.requests < before.requests {
		before = new(counters)
	}
	r := row{
		requests: (now.requests - before.requests) / seconds,
		errors:   max(now.errors-before.errors, 0) / seconds,
		in:       max(now.in-before.in, 0) / seconds,
		out:      max(now.out-before.out, 0) / seconds,
		open:     now.open,
	}
	for i, c := range now.latency {
		if i < len(before.latency) {
			c.count -= before.latency[i].count
		}
		r.buckets = append(r.buckets, c)
	}
	r.quantiles()
	return r
}

// add adds another row to the sum r.
func (r *row) add(o row) {
	r.requests += o.requests
	r.errors += o.errors
	r.in += o.in
	r.out += o.out
	r.open += o.open
	r.backends += o.backends
	r.unhealthy += o.unhealthy
	for i, c := range o.buckets {
		if i == len(r.buckets) {
			r.buckets = append(r.buckets, cumulant{upTo: c.upTo})
		}
		r.buckets[i].count += c.count
	}
}

func (r *row) quantiles() {
	r.p50, r.p99 = quantile(r.buckets, 0.5), quantile(r.buckets, 0.99)
}

// quantile returns a quantile of a histogram, in seconds, as if the values of a
// bucket were spread evenly in it; NaN if there are none. Values above the last
// bound count as that bound.
func quantile(buckets []cumulant, q float64) float64 {
	if len(buckets) == 0 || buckets[len(buckets)-1].count <= 0 {
		return math.NaN()
	}
	rank := q * buckets[len(buckets)-1].count
	var below cumulant
	for _, b := range buckets {
		if b.count >= rank {
			if math.IsInf(b.upTo, 1) || b.count == below.count {
				return below.upTo
			}
			return below.upTo + (b.upTo-below.upTo)*(rank-below.count)/(b.count-below.count)
		}
		below = b
	}
	return below.upTo
}

// sorted sorts rows of one depth, the greatest first; equal ones, and all if o is
// byName, by name.
func sorted(some []row, o order) []row {
	measure := func(r row) float64 {
		switch o {
		case byRequests:
			return r.requests
		case byLatency:
			if math.IsNaN(r.p99) {
				return -1
			}
			return r.p99
		case byErrors:
			return r.errors + float64(r.unhealthy)*1e-9 // down before idle
		case byOpen:
			return r.open
		}
		return 0
	}
	slices.SortFunc(some, func(a, b row) int {
		return cmp.Or(
			cmp.Compare(measure(b), measure(a)),
			cmp.Compare(a.lb, b.lb), cmp.Compare(number(a.listener), number(b.listener)), cmp.Compare(a.backend, b.backend), cmp.Compare(a.address, b.address),
		)
	})
	return some
}

func number(port string) int {
	n, _ := strconv.Atoi(port) // "" sorts before all ports
	return n
}
