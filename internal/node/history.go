package node

import (
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/console"
	"elbow/internal/history"
	"elbow/internal/proxy"
)

// openHistory returns nil if the history is off. The process that holds the store's lock
// on the data directory owns the history too.
func openHistory(c Config, log *slog.Logger) *history.Store {
	if c.HistorySize == 0 {
		return nil
	}
	return history.Open(filepath.Join(c.Data, "history"), c.HistorySize, log)
}

// historyGauges are the metrics of the history's size.
func historyGauges(h *history.Store) []prometheus.Collector {
	if h == nil {
		return nil
	}
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "elbow_history_size_bytes", Help: "Size of the history on disk."},
			func() float64 { bytes, _ := h.Size(); return float64(bytes) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "elbow_history_limit_bytes", Help: "Maximum size of the history on disk (-history-size)."},
			func() float64 { _, limit := h.Size(); return float64(limit) }),
	}
}

// newRecorder records the counters of the data plane.
func newRecorder(p *proxy.Proxy) *history.Recorder {
	return history.NewRecorder(func() []history.Reading { return readings(p) })
}

// readings returns the counters of all listeners.
func readings(p *proxy.Proxy) []history.Reading {
	type listener struct{ lb, port string }
	backends := make(map[listener]*history.Sample)
	p.EachBackend(func(lb, port string, s proxy.BackendSnapshot) {
		of := backends[listener{lb, port}]
		if of == nil {
			of = new(history.Sample)
			backends[listener{lb, port}] = of
		}
		of.Active += uint64(max(s.Active, 0)) // lanes are read one after the other, so that the sum may be negative
		if s.Healthy {
			of.Healthy++
		} else {
			of.Unhealthy++
		}
	})
	var all []history.Reading
	p.EachListener(func(lb, port string, s proxy.Snapshot) {
		r := history.Reading{LoadBalancerID: lb, Sample: history.Sample{
			Faults: s.Faults, BytesIn: s.BytesIn, BytesOut: s.BytesOut, Accepted: s.Accepted, Dropped: s.Refused + s.Overflow,
			Open: uint64(max(s.Open, 0)), Times: s.Total,
		}}
		number, isUDP := strings.CutSuffix(port, "/udp")
		r.Port, _ = strconv.Atoi(number) // always decimal
		if isUDP {
			r.Port += history.UDP
		}
		copy(r.ByClass[:], s.ByClass[1:])
		if of := backends[listener{lb, port}]; of != nil {
			// A connection of HTTP/2 may have several exchanges in flight.
			r.Active, r.Healthy, r.Unhealthy = min(of.Active, r.Open), of.Healthy, of.Unhealthy
		}
		all = append(all, r)
	})
	return all
}

// chartPoints is the number of one-minute points that a chart may have before a point stands for
// more than a minute: as many as a week in quarters of an hour.
const chartPoints = 7 * 24 * 4

// chart returns the traffic of a load balancer, or with "" of all of them, from a moment
// until the last full minute.
func chart(h *history.Store, lb string, from time.Time) ([]console.Point, error) {
	to := time.Now().Unix() / 60
	minutes := to - from.Unix()/60
	step := max(1, minutes/chartPoints)
	steps, err := h.Steps(lb, to-minutes/step*step, to, step)
	points := make([]console.Point, 0, len(steps))
	for i := range steps {
		points = append(points, pointOf(&steps[i], step))
	}
	return points, err
}

// pointOf converts a sample of that many minutes to rates per second.
func pointOf(s *history.Sample, minutes int64) console.Point {
	seconds := float64(minutes * 60)
	rate := func(n uint64) float32 { return float32(float64(n) / seconds) }
	quantile := func(q float64) float32 { return float32(s.Times.Quantile(q).Seconds() * 1000) }
	p := console.Point{
		Time: (s.Minute + minutes) * 60, Open: int32(s.Open), BytesIn: rate(s.BytesIn), BytesOut: rate(s.BytesOut),
		P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99),
	}
	for class, n := range s.ByClass {
		p.ByClass[class] = rate(n)
	}
	return p
}
