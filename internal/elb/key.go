package elb

// A ListenerKey tells listeners apart: TCP and UDP have ports of their own.
type ListenerKey struct {
	LoadBalancerID string
	Port           int
	Protocol       Protocol
}

// Protocols lists the protocols, those of the ports of TCP first.
var Protocols = []Protocol{TCP, HTTP, HTTPS, UDP}

// UsesUDP reports whether listeners of the protocol take ports of UDP; all others
// take ports of TCP.
func (p Protocol) UsesUDP() bool { return p == UDP }

// Key is the listener's key.
func (l Listener) Key() ListenerKey {
	return ListenerKey{l.LoadBalancerID, l.Port, l.Protocol}
}

// Key is the key of the listener that the status is of.
func (s ListenerStatus) Key() ListenerKey {
	return ListenerKey{s.LoadBalancerID, s.Port, s.Protocol}
}
