package proxy

import (
	"sync/atomic"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/metrics"
	"elbow/internal/overload"
)

// This file contains the state that a Proxy shares with the data planes of packages
// stream and udp: the metrics, the limits of the process, and the inherited sockets.

// A StreamCounts counts for a TCP or UDP listener. Its metrics belong to the set of
// all listeners.
type StreamCounts struct {
	proxy    *Proxy
	instance *metrics.Instance[exchange.ListenerCounts]
}

// CountStream creates the metrics of a load balancer's listener. The caller must call
// Remove.
func (p *Proxy) CountStream(loadBalancer, listener string) *StreamCounts {
	return &StreamCounts{p, p.listeners.Add(nil, loadBalancer, listener)}
}

// Remove removes the metrics.
func (c *StreamCounts) Remove() { c.proxy.listeners.Remove(c.instance) }

// Accepted counts a new connection or session.
func (c *StreamCounts) Accepted() { c.instance.Local().Accepted.Inc() }

// Refused counts a connection or session beyond a limit.
func (c *StreamCounts) Refused() { c.instance.Local().Refused.Inc() }

// Opened adds delta to the number of open ones.
func (c *StreamCounts) Opened(delta int64) { c.instance.Local().Open.Add(delta) }

// Moved counts bytes from clients and to them.
func (c *StreamCounts) Moved(in, out int64) {
	counts := c.instance.Local()
	counts.BytesIn.Add(uint64(in))
	counts.BytesOut.Add(uint64(out))
}

// Retried counts an attempt after the first.
func (c *StreamCounts) Retried() { c.instance.Local().Retries.Inc() }

// Ended counts a connection or session that has ended: its duration, the time until
// its backend had accepted it, 0 if none had, and the party at fault, "" if there was
// no fault.
func (c *StreamCounts) Ended(took, connected time.Duration, side string) {
	counts := c.instance.Local()
	counts.Total.Observe(took)
	op := exchange.OpConnect
	if connected > 0 {
		counts.Connect.Observe(connected)
		op = exchange.OpTunnel
	}
	for s := exchange.Client; s <= exchange.Self; s++ {
		if s.String() == side {
			counts.Faults[s][op].Inc()
		}
	}
}

// Files returns the descriptor budget of the process.
func (p *Proxy) Files() *overload.Descriptors { return &p.files }

// Conns returns the count of the client connections of the process.
func (p *Proxy) Conns() *atomic.Int64 { return &p.clients.open }

// Lines returns the function that writes access-log lines; nil if there is no access
// log.
func (p *Proxy) Lines() func(line []byte) {
	if p.process.Access == nil {
		return nil
	}
	return p.process.Access.Add
}
