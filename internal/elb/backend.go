package elb

import "net/netip"

// A Backend is one server of a load balancer's pool, or all those that a domain
// name stands for. A stored backend has either IP or DomainName.
type Backend struct {
	ServerID string     // i-… or eni-…; unique in the pool together with Port
	Type     string     // ens or eni
	IP       netip.Addr // invalid if DomainName is set
	Port     int        // 0: the listener decides (Listener.BackendAddr)
	Weight   int        // 0 to 100, default 100; 0 takes no new sessions

	// DomainName is resolved by each node; every address is a member of its own,
	// with the weight of the backend. In lower case.
	DomainName string `json:",omitempty"`
}

// At is the backend with one of the addresses of its domain name.
func (b Backend) At(a netip.Addr) Backend {
	b.IP = a
	return b
}

// Where is the address of the backend or, in its place, the domain name.
func (b Backend) Where() string {
	if b.DomainName != "" {
		return b.DomainName
	}
	return b.IP.String()
}

// AddressText is the address of the backend as the API reports it: "" for one with
// a domain name.
func (b Backend) AddressText() string {
	if !b.IP.IsValid() {
		return ""
	}
	return b.IP.String()
}
