package gateway

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/api"
)

// counts are the gateway's metrics. Their labels come from the table of
// operations and never from a client's text, so their number is bounded.
type counts struct {
	calls     *prometheus.CounterVec
	took      *prometheus.HistogramVec
	auditLost prometheus.Counter
}

func newCounts(r prometheus.Registerer) *counts {
	c := &counts{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "elbow_api_calls_total",
			Help: "API calls, by action (unknown if there is no such operation) and HTTP status.",
		}, []string{"action", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "elbow_api_call_seconds",
			Help:    "Time from the header of a call to its answer, by action.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14), // 0.5 ms to 4 s
		}, []string{"action"}),
		auditLost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "elbow_api_audit_lost_total",
			Help: "Audit lines that could not be written.",
		}),
	}
	if r != nil {
		r.MustRegister(c.calls, c.took, c.auditLost)
	}
	return c
}

func (c *counts) observe(op *api.Operation, status int, took time.Duration) {
	action := "unknown"
	if op != nil {
		action = op.Action()
	}
	c.calls.WithLabelValues(action, strconv.Itoa(status)).Inc()
	c.took.WithLabelValues(action).Observe(took.Seconds())
}

// refused counts a request that was refused before it was parsed.
func (c *counts) refused(status int) {
	c.calls.WithLabelValues("unknown", strconv.Itoa(status)).Inc()
}
