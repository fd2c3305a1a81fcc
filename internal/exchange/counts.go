package exchange

import (
	"strconv"

	"elbow/internal/balance"
	"elbow/internal/metrics"
	"elbow/internal/overload"
)

// ListenerCounts are the metrics of a listener.
type ListenerCounts struct {
	Accepted   metrics.Counter                   // connections
	Refused    metrics.Counter                   // connections far beyond a limit, closed at once
	Overflow   metrics.Counter                   // connections beyond a limit, answered with 503
	Open       metrics.Gauge                     // open connections
	Refusals   [overload.Reasons]metrics.Counter // refused or ended because of overload, by reason
	shed       metrics.Counter                   // connections ended because memory was short
	Handshakes metrics.Counter                   // completed
	Unshaken   metrics.Counter                   // handshakes that failed
	HTTP3      metrics.Gauge                     // 1 if HTTP/3 is served

	ByClass  [6]metrics.Counter // exchanges, by first digit of the status; 499 is a 4xx
	BytesIn  metrics.Counter
	BytesOut metrics.Counter
	Retries  metrics.Counter
	Faults   [Sides][Ops]metrics.Counter // exchanges that ended in a fault

	Connect metrics.Histogram // from the request to a backend connection
	answer  metrics.Histogram // from the request to the head of the answer
	Total   metrics.Histogram // from the request to the end of the answer
}

// BackendCounts are the metrics of a backend.
type BackendCounts struct {
	ByClass [6]metrics.Counter   // answers, by first digit of the status
	faults  [Ops]metrics.Counter // exchanges that failed because of the backend
	connect metrics.Histogram    // from the request to a backend connection
	answer  metrics.Histogram    // from the request to the head of the answer
	Active  metrics.Gauge        // exchanges in flight
	waiting metrics.Gauge        // exchanges in flight that are queued; included in Active
	queued  metrics.Counter      // exchanges that had to queue
	refused metrics.Counter      // exchanges refused because queue or wait ran out
	stalled metrics.Counter      // stalled exchanges that were ended to free a place
	members metrics.Gauge        // 1
	Healthy metrics.Gauge        // 1 if the last verdict is healthy
	idle    metrics.Gauge        // idle connections
	dials   metrics.Counter      // connections established
	undials metrics.Counter      // connections that could not be established
	reuses  metrics.Counter      // requests that reused an idle connection
	stale   metrics.Counter      // idle connections found closed or dirty before reuse
}

// NewListenerSet returns the metrics of listeners.
func NewListenerSet() *metrics.Set[ListenerCounts] {
	type t = ListenerCounts
	s := metrics.NewSet[t]("elbow_listener", "lb", "listener")
	s.Counter("connections_total", "Client connections accepted.", func(c *t) *metrics.Counter { return &c.Accepted })
	s.Counter("connections_refused_total", "Client connections far beyond a limit, which were closed without an answer.", func(c *t) *metrics.Counter { return &c.Refused })
	s.Counter("connections_overflow_total", "Client connections beyond a limit, whose requests are answered with 503.", func(c *t) *metrics.Counter { return &c.Overflow })
	for r := overload.Reason(0); r < overload.Reasons; r++ {
		s.Rare("overload_refused_total", "Requests and connections refused because of overload, by the exhausted resource.",
			func(c *t) *metrics.Counter { return &c.Refusals[r] }, "reason", r.String())
	}
	s.Gauge("connections", "Open client connections.", func(c *t) *metrics.Gauge { return &c.Open })
	s.Counter("handshakes_total", "TLS handshakes by result.", func(c *t) *metrics.Counter { return &c.Handshakes }, "result", "ok")
	s.Counter("handshakes_total", "TLS handshakes by result.", func(c *t) *metrics.Counter { return &c.Unshaken }, "result", "failed")
	s.Gauge("http3", "1 if HTTP/3 is served on the UDP port of the same number.", func(c *t) *metrics.Gauge { return &c.HTTP3 })
	for class := 1; class <= 5; class++ {
		s.Counter("requests_total", "Exchanges by status class.",
			func(c *t) *metrics.Counter { return &c.ByClass[class] }, "class", strconv.Itoa(class)+"xx")
	}
	s.Counter("received_bytes_total", "Bytes of requests.", func(c *t) *metrics.Counter { return &c.BytesIn })
	s.Counter("sent_bytes_total", "Bytes of answers.", func(c *t) *metrics.Counter { return &c.BytesOut })
	s.Counter("retries_total", "Attempts with another connection or backend after the first.", func(c *t) *metrics.Counter { return &c.Retries })
	for side := Client; side <= Self; side++ {
		for op := OpHead; op <= OpTunnel; op++ {
			s.Rare("faults_total", "Exchanges that ended in a fault, by the side at fault and the phase.",
				func(c *t) *metrics.Counter { return &c.Faults[side][op] }, "side", side.String(), "op", op.String())
		}
	}
	s.Histogram("connect_seconds", "Time from the request to a backend connection.", func(c *t) *metrics.Histogram { return &c.Connect })
	s.Histogram("answer_seconds", "Time from the request to the head of the answer.", func(c *t) *metrics.Histogram { return &c.answer })
	s.Histogram("request_seconds", "Time from the request to the end of the answer.", func(c *t) *metrics.Histogram { return &c.Total })
	s.Counter("connections_shed_total", "Connections closed because memory was short and their clients held more than their share of it.",
		func(c *t) *metrics.Counter { return &c.shed })
	return s
}

// NewBackendSet returns the metrics of backends.
func NewBackendSet() *metrics.Set[BackendCounts] {
	type t = BackendCounts
	s := metrics.NewSet[t]("elbow_backend", "lb", "listener", "backend", "address")
	s.GroupBy(2)
	for class := 1; class <= 5; class++ {
		s.Counter("answers_total", "Answers by status class.",
			func(c *t) *metrics.Counter { return &c.ByClass[class] }, "class", strconv.Itoa(class)+"xx")
	}
	for op := OpQueue; op <= OpTunnel; op++ {
		s.Rare("faults_total", "Exchanges that failed because of the backend, by phase.",
			func(c *t) *metrics.Counter { return &c.faults[op] }, "op", op.String())
	}
	s.Histogram("connect_seconds", "Time from the request to a connection.", func(c *t) *metrics.Histogram { return &c.connect })
	s.Histogram("answer_seconds", "Time from the request to the head of the answer.", func(c *t) *metrics.Histogram { return &c.answer })
	s.Gauge("active", "Exchanges in flight.", func(c *t) *metrics.Gauge { return &c.Active })
	s.Gauge("waiting", "Exchanges that are queued because the backend is at its limit.", func(c *t) *metrics.Gauge { return &c.waiting })
	s.Counter("queued_total", "Exchanges that were queued because the backend was at its limit.", func(c *t) *metrics.Counter { return &c.queued })
	s.Counter("refused_total", "Exchanges refused because the backend was at its limit.", func(c *t) *metrics.Counter { return &c.refused })
	s.Counter("stalled_total", "Exchanges ended because their clients stalled while others were queued.", func(c *t) *metrics.Counter { return &c.stalled })
	s.Gauge("members", "1, or the number of backends where those of a listener are summed.", func(c *t) *metrics.Gauge { return &c.members })
	s.Gauge("healthy", "1 if the backend is healthy or has no health checks, else 0; or the number of such backends where those of a listener are summed.", func(c *t) *metrics.Gauge { return &c.Healthy })
	s.Gauge("idle_connections", "Idle connections to the backend.", func(c *t) *metrics.Gauge { return &c.idle })
	s.Counter("dials_total", "Attempts to connect, by result.", func(c *t) *metrics.Counter { return &c.dials }, "result", "ok")
	s.Counter("dials_total", "Attempts to connect, by result.", func(c *t) *metrics.Counter { return &c.undials }, "result", "failed")
	s.Counter("reuses_total", "Requests that reused an idle connection.", func(c *t) *metrics.Counter { return &c.reuses })
	s.Counter("stale_connections_total", "Idle connections found closed, or with unexpected data, before reuse.",
		func(c *t) *metrics.Counter { return &c.stale })
	return s
}

// sample updates the gauges and counters whose values are kept elsewhere.
func (b *Backend) sample(c *BackendCounts) {
	c.Active.Set(b.Member.Active.Load())
	c.waiting.Set(int64(b.Gate.Waiting()))
	c.queued.Set(b.queued.Load())
	c.refused.Set(b.busy.Total())
	c.stalled.Set(b.standing.Total())
	c.idle.Set(int64(b.Pool.Idle()))
	pool := b.Pool.Counts()
	c.dials.Set(pool.Dials)
	c.undials.Set(pool.Failures)
	c.reuses.Set(pool.Reuses)
	c.stale.Set(pool.Stale)
	c.members.Set(1)
	c.Healthy.Set(0)
	if b.Member.Health() == balance.Healthy {
		c.Healthy.Set(1)
	}
}
