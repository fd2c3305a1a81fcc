package proxy

import "syscall"

// Control refuses a socket if hardly a descriptor is left. It is used as the Control
// of a net.Dialer for sockets that the process can do without.
func (p *Proxy) Control(network, address string, c syscall.RawConn) error {
	return p.files.Control(network, address, c)
}

// ListenerDescriptors returns how many descriptors the listeners use, including those
// that a takeover needs.
func (p *Proxy) ListenerDescriptors() int { return p.files.Listeners() }

// TakeoverDescriptors returns how many more descriptors a takeover by another process
// needs here; 0 if descriptors are unbounded.
func (p *Proxy) TakeoverDescriptors() int { return p.files.ForTakeover() }
