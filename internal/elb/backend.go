package elb

import "net/netip"

// A Backend is one server of a load balancer's pool.
type Backend struct {
	ServerID string     // i-… or eni-…; unique in the pool together with Port
	Type     string     // ens or eni
	IP       netip.Addr // always set in a stored backend
	Port     int        // 0: the listener decides (Listener.BackendAddr)
	Weight   int        // 0 to 100, default 100; 0 takes no new sessions
}
