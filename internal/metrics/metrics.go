// Package metrics counts on the hot path and shows the counts to Prometheus. The
// counts are a struct of Counters, Gauges and Histograms defined by the caller; a
// Set keeps one such struct for each labelled object that exists. The package
// does not know what is measured. Start reading at Set.
package metrics

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// A Set is the metrics of all instances of one kind: of all listeners, say,
// labelled with load balancer and port. T holds the counts of one instance; its
// zero value must be ready to use. Write writes them.
//
// All rows must be added before the first instance.
type Set[T any] struct {
	prefix  string
	labels  []string
	grouped int // number of labels kept when there are too many instances
	rows    []row[T]
	picker  *lanePicker

	mu        sync.Mutex
	instances map[string]*Instance[T] // guarded by mu; by joined label values
}

// NewSet returns a set whose metrics are all named prefix_… and whose instances
// have the given labels.
func NewSet[T any](prefix string, labels ...string) *Set[T] {
	return &Set[T]{
		prefix:    prefix,
		labels:    labels,
		grouped:   len(labels),
		picker:    newLanePicker(laneCount(runtime.GOMAXPROCS(0))),
		instances: make(map[string]*Instance[T]),
	}
}

// GroupBy makes Write aggregate the instances that have the first n labels in
// common where there are too many to be shown one by one. By default they are not
// aggregated.
func (s *Set[T]) GroupBy(n int) { s.grouped = n }

// Counter adds a row for a counter of T. The fixed label pairs (name, value,
// name, value …) distinguish rows of the same name, which must be added in
// sequence: class=2xx from class=5xx.
func (s *Set[T]) Counter(name, help string, of func(*T) *Counter, fixed ...string) {
	s.add(row[T]{kind: "counter", count: func(i *Instance[T]) int64 { return int64(i.Count(of)) }}, name, help, fixed)
}

// Rare adds a row for a counter of T that is usually 0. Where there are too many
// instances to be shown in full it is left out while it is 0.
func (s *Set[T]) Rare(name, help string, of func(*T) *Counter, fixed ...string) {
	s.add(row[T]{kind: "counter", rare: true, count: func(i *Instance[T]) int64 { return int64(i.Count(of)) }}, name, help, fixed)
}

// Gauge adds a row for a gauge of T.
func (s *Set[T]) Gauge(name, help string, of func(*T) *Gauge, fixed ...string) {
	s.add(row[T]{kind: "gauge", count: func(i *Instance[T]) int64 { return i.Level(of) }}, name, help, fixed)
}

// Histogram adds a row for a histogram of T, shown in seconds. Where there are
// too many instances to be shown in full, one histogram of all of them is shown,
// without their labels.
func (s *Set[T]) Histogram(name, help string, of func(*T) *Histogram, fixed ...string) {
	s.add(row[T]{kind: "histogram", times: func(i *Instance[T]) Times { return i.Times(of) }}, name, help, fixed)
}

// Add returns the instance with these label values, one for each label of the
// set. If it exists already, because a successor begins before its predecessor
// has ended, the same instance is returned and continues counting; it stays until
// Remove was called once for each Add.
//
// sample, if not nil, is called each time before the instance is read, with a T
// in which it may Set the gauges that are computed on demand; that of the latest
// Add is used. It must not call the Set.
func (s *Set[T]) Add(sample func(*T), values ...string) *Instance[T] {
	key := strings.Join(values, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.instances[key]
	if !ok {
		if len(values) != len(s.labels) {
			panic(fmt.Sprintf("metrics: %s has the labels %q, not values for %q", s.prefix, s.labels, values))
		}
		i = newInstance[T](s.picker, values)
		s.instances[key] = i
	}
	i.users++
	if sample != nil {
		i.sample.Store(&sample)
	}
	return i
}

// Remove undoes one Add; after the last one the instance is no longer shown.
func (s *Set[T]) Remove(i *Instance[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.users--; i.users == 0 {
		delete(s.instances, strings.Join(i.values, "\x00"))
	}
}

// Each calls visit with every instance, its label values, and its sampled values
// refreshed.
func (s *Set[T]) Each(visit func(i *Instance[T], values []string)) {
	for _, i := range s.all() {
		i.refresh()
		visit(i, i.values)
	}
}

func (s *Set[T]) all() []*Instance[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Instance[T], 0, len(s.instances))
	for _, i := range s.instances {
		all = append(all, i)
	}
	return all
}
