// Package metrics counts on the hot path and shows the counts to Prometheus
// when it asks. What is counted is a struct of Counters, Gauges and Histograms
// of the user's own; a Set keeps one such struct for each labelled thing that
// lives at the moment. Nothing here knows what is measured. Start reading at
// Set.
package metrics

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// A Set is the metrics of all instances of one kind: of all listeners, say,
// labelled with load balancer and port. T holds what is counted for one of them
// and must be ready to use as its zero value. A Set is a prometheus.Collector.
//
// All rows are added before the first instance.
type Set[T any] struct {
	prefix string
	labels []string
	rows   []row[T]
	picker *lanePicker

	mu        sync.Mutex
	instances map[string]*Instance[T] // guarded by mu; by joined label values
}

// A row is one metric of an instance, with the labels that it has beside those
// of the instance.
type row[T any] struct {
	desc *prometheus.Desc
	read func(*Instance[T]) (prometheus.Metric, error)
}

// NewSet returns a set whose metrics are all named prefix_… and whose
// instances are told apart by the given labels.
func NewSet[T any](prefix string, labels ...string) *Set[T] {
	return &Set[T]{
		prefix:    prefix,
		labels:    labels,
		picker:    newLanePicker(laneCount(runtime.GOMAXPROCS(0))),
		instances: make(map[string]*Instance[T]),
	}
}

// Counter adds a row for a counter of T. The fixed label pairs (name, value,
// name, value …) tell rows of the same name apart: class=2xx from class=5xx.
func (s *Set[T]) Counter(name, help string, of func(*T) *Counter, fixed ...string) {
	desc := s.desc(name, help, fixed)
	s.rows = append(s.rows, row[T]{desc, func(i *Instance[T]) (prometheus.Metric, error) {
		return prometheus.NewConstMetric(desc, prometheus.CounterValue, float64(i.Count(of)), i.values...)
	}})
}

// Gauge adds a row for a gauge of T.
func (s *Set[T]) Gauge(name, help string, of func(*T) *Gauge, fixed ...string) {
	desc := s.desc(name, help, fixed)
	s.rows = append(s.rows, row[T]{desc, func(i *Instance[T]) (prometheus.Metric, error) {
		return prometheus.NewConstMetric(desc, prometheus.GaugeValue, float64(i.Level(of)), i.values...)
	}})
}

// Histogram adds a row for a histogram of T, shown in seconds.
func (s *Set[T]) Histogram(name, help string, of func(*T) *Histogram, fixed ...string) {
	desc := s.desc(name, help, fixed)
	s.rows = append(s.rows, row[T]{desc, func(i *Instance[T]) (prometheus.Metric, error) {
		times := i.Times(of)
		return prometheus.NewConstHistogram(desc, times.Count(), times.Sum.Seconds(), times.cumulative(), i.values...)
	}})
}

func (s *Set[T]) desc(name, help string, fixed []string) *prometheus.Desc {
	labels := make(prometheus.Labels, len(fixed)/2)
	for pair := range slices.Chunk(fixed, 2) {
		labels[pair[0]] = pair[1]
	}
	return prometheus.NewDesc(s.prefix+"_"+name, help, s.labels, labels)
}

// Add returns the instance with these label values, one for each label of the
// set. If it is there already, because its successor begins before it has
// ended, it is the same one and goes on counting; it stays until each Add has
// had its Remove.
//
// sample, if not nil, is called each time before the instance is read, with a T
// in which it may Set the gauges that are looked up rather than kept; the one
// of the latest Add counts. It must not call the Set.
func (s *Set[T]) Add(sample func(*T), values ...string) *Instance[T] {
	key := strings.Join(values, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.instances[key]
	if !ok {
		i = newInstance[T](s.picker, values)
		s.instances[key] = i
	}
	i.users++
	if sample != nil {
		i.sample.Store(&sample)
	}
	return i
}

// Remove takes back one Add; with the last one the instance is no longer shown.
func (s *Set[T]) Remove(i *Instance[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.users--; i.users == 0 {
		delete(s.instances, strings.Join(i.values, "\x00"))
	}
}

// Each calls visit with every instance that lives, with its label values and what
// it looks up refreshed.
func (s *Set[T]) Each(visit func(i *Instance[T], values []string)) {
	for _, i := range s.all() {
		i.refresh()
		visit(i, i.values)
	}
}

// Describe implements prometheus.Collector.
func (s *Set[T]) Describe(descs chan<- *prometheus.Desc) {
	for _, r := range s.rows {
		descs <- r.desc
	}
}

// Collect implements prometheus.Collector.
func (s *Set[T]) Collect(out chan<- prometheus.Metric) {
	for _, i := range s.all() {
		i.refresh()
		for _, r := range s.rows {
			m, err := r.read(i)
			if err != nil {
				m = prometheus.NewInvalidMetric(r.desc, err)
			}
			out <- m
		}
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
