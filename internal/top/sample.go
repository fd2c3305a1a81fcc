// Package top is a live view of load balancers, listeners and backends in a
// terminal. It reads the metrics of a node as a Prometheus server does, and
// nothing else. Start reading at Run, then rows.
package top

import (
	"io"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// A sample is the value of all counters at one moment.
type sample struct {
	at       time.Time
	counters map[place]*counters
}

// A place identifies what is counted: a listener, if it has no backend, or a
// backend.
type place struct {
	lb, listener     string
	backend, address string
}

// counters are those of a listener or a backend.
type counters struct {
	requests  float64    // exchanges of a listener, answers of a backend
	errors    float64    // of requests, answered with 5xx or broken by a backend
	in, out   float64    // bytes
	open      float64    // current connections of a listener, current exchanges with a backend
	unhealthy bool       // of a backend
	members   int        // backends of a listener whose metrics are aggregated; 0: one by one
	healthy   int        // of members
	latency   []cumulant // of answers, by upper bound
}

// A cumulant is one bucket of a cumulative histogram.
type cumulant struct {
	upTo  float64 // seconds
	count float64
}

// parse reads metrics in the text format of Prometheus.
func parse(r io.Reader, at time.Time) (*sample, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return nil, err
	}
	s := &sample{at: at, counters: make(map[place]*counters)}
	for name, family := range families {
		if strings.HasPrefix(name, "elbow_listener_") || strings.HasPrefix(name, "elbow_backend_") {
			for _, m := range family.GetMetric() {
				s.add(name, m)
			}
		}
	}
	return s, nil
}

// add records one value.
func (s *sample) add(name string, m *dto.Metric) {
	labels := make(map[string]string)
	for _, l := range m.GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	p := place{labels["lb"], labels["listener"], labels["backend"], labels["address"]}
	if p.lb == "" {
		return // of all listeners: there are too many to be shown one by one
	}
	c := s.counters[p]
	if c == nil {
		c = new(counters)
		s.counters[p] = c
	}
	if p.backend == "" && strings.HasPrefix(name, "elbow_backend_") {
		c.together(name, m)
		return
	}
	value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() // only one of these is set
	switch name {
	case "elbow_listener_requests_total", "elbow_backend_answers_total":
		c.requests += value
		if labels["class"] == "5xx" {
			c.errors += value
		}
	case "elbow_backend_faults_total":
		c.errors += value
	case "elbow_listener_received_bytes_total":
		c.in = value
	case "elbow_listener_sent_bytes_total":
		c.out = value
	case "elbow_listener_connections", "elbow_backend_active":
		c.open = value
	case "elbow_backend_healthy":
		c.unhealthy = value == 0
	case "elbow_listener_answer_seconds", "elbow_backend_answer_seconds":
		for _, b := range m.GetHistogram().GetBucket() {
			c.latency = append(c.latency, cumulant{b.GetUpperBound(), float64(b.GetCumulativeCount())})
		}
	}
}

// together records a value of all backends of a listener, which is how the
// metrics show them when there are too many. The answers of the backends are
// counted by the listener, too.
func (c *counters) together(name string, m *dto.Metric) {
	switch n := int(m.GetGauge().GetValue() + m.GetUntyped().GetValue()); name { // only one of these is set
	case "elbow_backend_members":
		c.members = n
	case "elbow_backend_healthy":
		c.healthy = n
	}
}
