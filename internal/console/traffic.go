package console

import (
	"elbow/internal/metrics"
)

// Traffic holds the counters of the data plane at one moment.
type Traffic struct {
	Listeners []ListenerCounts
	Backends  []BackendCounts
}

// ListenerCounts are the counters of a listener since it was opened.
type ListenerCounts struct {
	LoadBalancerID string
	Port           string    // decimal
	ByClass        [6]uint64 // exchanges, by first digit of the status; [0] is unused
	BytesIn        uint64
	BytesOut       uint64
	Open           int64         // client connections
	Total          metrics.Times // from a request to the end of its response
}

// BackendCounts are the counters of a backend for one listener.
type BackendCounts struct {
	LoadBalancerID string
	Port           string // of the listener, decimal
	ID             string // ServerId, or ServerId:Port for one with a port of its own
	Answers        uint64
	Active         int64 // exchanges in flight
}

// A Point is the traffic in a span of time.
type Point struct {
	Time     int64      `json:"t"`   // Unix seconds, of its end
	ByClass  [5]float32 `json:"c"`   // exchanges a second: 1xx to 5xx
	P50      float32    `json:"p50"` // milliseconds; 0 if there was no exchange
	P95      float32    `json:"p95"`
	P99      float32    `json:"p99"`
	Open     int32      `json:"open"` // client connections at its end; over several minutes the maximum
	BytesIn  float32    `json:"in"`   // bytes a second
	BytesOut float32    `json:"out"`
}

// Rate returns the exchanges per second of all classes.
func (p *Point) Rate() (sum float32) {
	for _, c := range p.ByClass {
		sum += c
	}
	return sum
}

// A gain is the difference of counters over a span of time.
type gain struct {
	byClass [6]uint64
	in, out uint64
	open    int64
	times   metrics.Times
}

// add adds what a listener has counted since an earlier moment. A listener that was opened
// again in between has counted from zero.
func (g *gain) add(now, earlier *ListenerCounts) {
	if earlier == nil || earlier.Total.Count() > now.Total.Count() || earlier.BytesOut > now.BytesOut {
		earlier = new(ListenerCounts)
	}
	for class := range g.byClass {
		g.byClass[class] += now.ByClass[class] - earlier.ByClass[class]
	}
	g.in += now.BytesIn - earlier.BytesIn
	g.out += now.BytesOut - earlier.BytesOut
	g.open += now.Open
	g.times = g.times.Plus(now.Total.Since(earlier.Total))
}

// point converts the gain to rates per second.
func (g *gain) point(at int64, seconds float64) Point {
	p := Point{
		Time: at, Open: int32(g.open),
		BytesIn: float32(float64(g.in) / seconds), BytesOut: float32(float64(g.out) / seconds),
	}
	for class := range p.ByClass {
		p.ByClass[class] = float32(float64(g.byClass[class+1]) / seconds)
	}
	quantile := func(q float64) float32 { return float32(g.times.Quantile(q).Seconds() * 1000) }
	p.P50, p.P95, p.P99 = quantile(0.5), quantile(0.95), quantile(0.99)
	return p
}
