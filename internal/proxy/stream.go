package proxy

import (
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/metrics"
	"elbow/internal/overload"
)

// What listeners of other data planes share with those of a Proxy: the counts that
// are shown together, the limits of the process, and what an older process gave.

// A StreamCounts counts what a listener does that passes on bytes or datagrams and no
// requests. Its metrics stand among those of all listeners.
type StreamCounts struct {
	proxy    *Proxy
	instance *metrics.Instance[exchange.ListenerCounts]
}

// CountStream begins to count for a listener of a load balancer. Remove ends it.
func (p *Proxy) CountStream(loadBalancer, listener string) *StreamCounts {
	return &StreamCounts{p, p.listeners.Add(nil, loadBalancer, listener)}
}

// Remove ends what CountStream began.
func (c *StreamCounts) Remove() { c.proxy.listeners.Remove(c.instance) }

// Accepted counts a connection or session that begins.
func (c *StreamCounts) Accepted() { c.instance.Local().Accepted.Inc() }

// Refused counts a connection or session beyond a limit.
func (c *StreamCounts) Refused() { c.instance.Local().Refused.Inc() }

// Opened counts how many more are open.
func (c *StreamCounts) Opened(delta int64) { c.instance.Local().Open.Add(delta) }

// Moved counts bytes from clients and to them.
func (c *StreamCounts) Moved(in, out int64) {
	counts := c.instance.Local()
	counts.BytesIn.Add(uint64(in))
	counts.BytesOut.Add(uint64(out))
}

// Retried counts an attempt after the first.
func (c *StreamCounts) Retried() { c.instance.Local().Retries.Inc() }

// Ended counts one that has ended: after how long, how long it took until its backend
// had accepted, 0 if none had, and who broke it, "" if nobody did.
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

// Inherit takes the socket that an older process gave for an address, if there is one.
func (p *Proxy) Inherit(network string, address netip.AddrPort) (*os.File, bool) {
	s, ok := p.inherit(network, address)
	return s.File, ok
}

// Begun is closed when connections may be taken.
func (p *Proxy) Begun() <-chan struct{} { return p.begun }

// Files share out the descriptors of the process.
func (p *Proxy) Files() *overload.Descriptors { return &p.files }

// Conns counts the client connections of the process.
func (p *Proxy) Conns() *atomic.Int64 { return &p.conns }

// Lines takes lines of the access log; nil if there is none.
func (p *Proxy) Lines() func(line []byte) {
	if p.process.Access == nil {
		return nil
	}
	return p.process.Access.Add
}
