package proxy

import "syscall"

// Control is for other sockets that the process can do without: it refuses one if
// there is hardly a descriptor left. It is the Control of a net.Dialer.
func (p *Proxy) Control(network, address string, c syscall.RawConn) error {
	return p.files.Control(network, address, c)
}

// ListenerDescriptors is how many descriptors the listeners take, with what they take
// in a takeover.
func (p *Proxy) ListenerDescriptors() int { return p.files.Listeners() }

// TakeoverDescriptors is how many more a takeover by another process takes here; 0 if
// that is not bounded.
func (p *Proxy) TakeoverDescriptors() int { return p.files.ForTakeover() }
