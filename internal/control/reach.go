package control

import (
	"net/netip"
	"strconv"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// mayBeAdded returns nil if the backend in item n, counted from 1, of a call may
// be in the pool of the load balancer: it checks its address, or all those that
// its domain name has at present, and the sockets to which its listeners would
// send requests and health checks.
func (s *backendAPI) mayBeAdded(tx *store.Tx, lb string, n int, b elb.Backend, looked lookups) error {
	if b.DomainName == "" {
		return s.mayBeReached(tx, lb, n, b)
	}
	found := looked[b.DomainName]
	if found.err != nil {
		return api.MissingMember("BackendServers", n, "Ip").Because("the domain name " + b.DomainName + " of " + b.ServerID + " does not resolve: " + found.err.Error())
	}
	for _, a := range found.addresses {
		if err := s.mayBeReached(tx, lb, n, b.At(a)); err != nil {
			return err
		}
	}
	return nil
}

// mayBeReached is mayBeAdded for one address.
func (s *backendAPI) mayBeReached(tx *store.Tx, lb string, n int, b elb.Backend) error {
	if err := s.reach.Address(b.IP); err != nil {
		return api.InvalidMember("BackendServers", n, "Ip", b.IP.String()+" "+err.Error())
	}
	if b.Port != 0 {
		if err := s.reach.Socket(netip.AddrPortFrom(b.IP, uint16(b.Port))); err != nil {
			return api.InvalidMember("BackendServers", n, "Port", err.Error())
		}
	}
	for _, l := range store.Listeners.Of(tx, lb) {
		for _, at := range []netip.AddrPort{l.BackendAddr(b), l.ProbeAddr(b)} {
			if err := s.reach.Socket(at); err != nil {
				return api.InvalidMember("BackendServers", n, "Ip", "with the listener on port "+strconv.Itoa(l.Port)+" "+at.String()+" "+err.Error())
			}
		}
	}
	return nil
}

// mayServe returns nil unless a listener would send requests or health checks to
// a socket of the node itself. A backend whose address is no longer allowed is
// not an error here: it gets no requests. Nor is a domain name, which no
// transaction can look up: nodes send nothing to an address that is not allowed.
func (s *listenerAPI) mayServe(lb *elb.LoadBalancer, l *elb.Listener) error {
	for _, b := range lb.Backends {
		if b.DomainName != "" || s.reach.Address(b.IP) != nil {
			continue
		}
		for _, to := range []struct {
			field string
			at    netip.AddrPort
		}{{"BackendServerPort", l.BackendAddr(b)}, {"HealthCheckConnectPort", l.ProbeAddr(b)}} {
			if err := s.reach.Socket(to.at); err != nil {
				return api.InvalidField(to.field).Because("of the backend " + b.ServerID + ", " + to.at.String() + " " + err.Error())
			}
		}
	}
	return nil
}
