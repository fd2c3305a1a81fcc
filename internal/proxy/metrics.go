package proxy

import (
	"io"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/exchange"
)

// sample updates the gauges whose values are kept elsewhere.
func (l *Listener) sample(c *exchange.ListenerCounts) {
	c.HTTP3.Set(0)
	if l.HTTP3() == nil {
		c.HTTP3.Set(1)
	}
}

// WriteMetrics writes the metrics of all listeners and backends in the text format of
// Prometheus. It writes at most the given numbers of listeners and backends
// individually, see metrics.Set.Write.
func (p *Proxy) WriteMetrics(w io.Writer, listeners, backends int) error {
	if err := p.listeners.Write(w, listeners); err != nil {
		return err
	}
	return p.backends.Write(w, backends)
}

// Collector returns the metrics of the process.
func (p *Proxy) Collector() prometheus.Collector { return collector{p} }

type collector struct{ p *Proxy }

var (
	descConns   = prometheus.NewDesc("elbow_connections", "Open client connections of all listeners.", nil, nil)
	descParked  = prometheus.NewDesc("elbow_parked_connections", "Idle client connections that wait without a goroutine.", nil, nil)
	descDropped = prometheus.NewDesc("elbow_access_log_dropped_total", "Lines of the access log that were dropped because the writer was too slow.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c collector) Describe(descs chan<- *prometheus.Desc) {
	descs <- descConns
	descs <- descParked
	descs <- descDropped
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(descConns, prometheus.GaugeValue, float64(c.p.clients.open.Load()))
	if c.p.lot != nil {
		out <- prometheus.MustNewConstMetric(descParked, prometheus.GaugeValue, float64(c.p.lot.Len()))
	}
	if a := c.p.process.Access; a != nil {
		out <- prometheus.MustNewConstMetric(descDropped, prometheus.CounterValue, float64(a.DroppedLines()))
	}
}
