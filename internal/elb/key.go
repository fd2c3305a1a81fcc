package elb

// A ListenerKey identifies a listener of a load balancer: TCP and UDP have
// separate ports.
type ListenerKey struct {
	LoadBalancerID string
	Port           int
	Protocol       Protocol
}

// Protocols lists the protocols, those over TCP first.
var Protocols = []Protocol{TCP, HTTP, HTTPS, UDP}

// UsesUDP reports whether listeners of the protocol use UDP ports; all others use
// TCP ports.
func (p Protocol) UsesUDP() bool { return p == UDP }

// Key is the listener's key.
func (l Listener) Key() ListenerKey {
	return ListenerKey{l.LoadBalancerID, l.Port, l.Protocol}
}

// Key is the key of the status's listener.
func (s ListenerStatus) Key() ListenerKey {
	return ListenerKey{s.LoadBalancerID, s.Port, s.Protocol}
}
