package control

import (
	"context"
	"crypto/rand"
	"strconv"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// seedBytes is the length of elb.Listener.Seed.
const seedBytes = 32

// listenerAPI has the operations of listeners.
type listenerAPI struct {
	shared
	reach *elb.Reach // where backends may be
}

// CreateLoadBalancerHTTPSListener creates a stopped listener.
func (s *listenerAPI) CreateLoadBalancerHTTPSListener(ctx context.Context, in *api.CreateLoadBalancerHTTPSListenerInput) (out api.CreateLoadBalancerHTTPSListenerOutput, err error) {
	return out, s.createListener(ctx, in.Listener, nil)
}

// CreateLoadBalancerHTTPListener creates a stopped listener.
func (s *listenerAPI) CreateLoadBalancerHTTPListener(ctx context.Context, in *api.CreateLoadBalancerHTTPListenerInput) (out api.CreateLoadBalancerHTTPListenerOutput, err error) {
	return out, s.createListener(ctx, in.Listener, nil)
}

// CreateLoadBalancerTCPListener creates a stopped listener, only once per
// ClientToken.
func (s *listenerAPI) CreateLoadBalancerTCPListener(ctx context.Context, in *api.CreateLoadBalancerTCPListenerInput) (out api.CreateLoadBalancerTCPListenerOutput, err error) {
	o, err := onceOf("CreateLoadBalancerTCPListener", in.ClientToken, in.Listener)
	if err != nil {
		return out, err
	}
	return out, s.createListener(ctx, in.Listener, o)
}

// CreateLoadBalancerUDPListener creates a stopped listener.
func (s *listenerAPI) CreateLoadBalancerUDPListener(ctx context.Context, in *api.CreateLoadBalancerUDPListenerInput) (out api.CreateLoadBalancerUDPListenerOutput, err error) {
	return out, s.createListener(ctx, in.Listener, nil)
}

func (s *listenerAPI) createListener(ctx context.Context, l elb.Listener, o *once) error {
	l.CreateTime = s.now()
	l.Seed = make([]byte, seedBytes)
	_, _ = rand.Read(l.Seed) // never fails: crypto/rand ends the program instead
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if _, done, err := o.done(tx, l.LoadBalancerID); done || err != nil {
			return err
		}
		lb, err := activeLoadBalancer(tx, l.LoadBalancerID)
		if err != nil {
			return err
		}
		if err := s.mayStand(tx, &lb, &l); err != nil {
			return err
		}
		for _, other := range store.Listeners.Of(tx, l.LoadBalancerID) {
			if sharePort(&l, &other) {
				return api.ListenerAlreadyExists()
			}
		}
		if l.Protocol == elb.HTTP && l.Forward {
			if _, found := store.Listeners.Get(tx, elb.ListenerKey{LoadBalancerID: lb.ID, Port: l.ForwardPort, Protocol: elb.HTTPS}); !found {
				// The code is that of ENS.
				return api.InterfaceError().Because("ForwardPort must be the port of an HTTPS listener of the load balancer while ListenerForward is on")
			}
		}
		store.Listeners.Put(tx, l)
		return nil
	})
}

// mayStand checks a listener against the resources that it refers to, before it
// is written.
func (s *listenerAPI) mayStand(tx *store.Tx, lb *elb.LoadBalancer, l *elb.Listener) error {
	if l.Protocol == elb.HTTPS && !certificatesExist(tx, l.CertificateID) {
		return api.ServerCertificateNotFound()
	}
	return s.mayServe(lb, l)
}

// certificatesExist reads the certificates of a ServerCertificateId, so that none
// can be deleted before the listener is written.
func certificatesExist(tx *store.Tx, ids string) bool {
	if ids == "" {
		return false
	}
	for _, id := range elb.CertificateIDs(ids) {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != id {
			return false
		}
		if _, found := store.Certificates.Get(tx, n); !found {
			return false
		}
	}
	return true
}

// sharePort reports whether two listeners of one load balancer need the same
// port. UDP has separate ports.
func sharePort(a, b *elb.Listener) bool {
	if a.Protocol.UsesUDP() != b.Protocol.UsesUDP() {
		return false
	}
	for _, p := range ports(a) {
		for _, q := range ports(b) {
			if p == q {
				return true
			}
		}
	}
	return false
}

// ports lists the ports that a listener listens on. The ForwardPort of an HTTP
// listener is that of another listener.
func ports(l *elb.Listener) []int {
	if l.Forward && l.Protocol == elb.HTTPS {
		return []int{l.Port, l.ForwardPort}
	}
	return []int{l.Port}
}

// SetLoadBalancerHTTPSListenerAttribute changes a listener, running or not.
func (s *listenerAPI) SetLoadBalancerHTTPSListenerAttribute(ctx context.Context, in *api.SetLoadBalancerHTTPSListenerAttributeInput) (out api.SetLoadBalancerHTTPSListenerAttributeOutput, err error) {
	return out, s.setListener(ctx, elb.HTTPS, &in.ListenerChange, in.Apply)
}

// SetLoadBalancerHTTPListenerAttribute changes a listener, running or not.
func (s *listenerAPI) SetLoadBalancerHTTPListenerAttribute(ctx context.Context, in *api.SetLoadBalancerHTTPListenerAttributeInput) (out api.SetLoadBalancerHTTPListenerAttributeOutput, err error) {
	return out, s.setListener(ctx, elb.HTTP, &in.ListenerChange, in.Apply)
}

// SetLoadBalancerTCPListenerAttribute changes a listener, running or not.
func (s *listenerAPI) SetLoadBalancerTCPListenerAttribute(ctx context.Context, in *api.SetLoadBalancerTCPListenerAttributeInput) (out api.SetLoadBalancerTCPListenerAttributeOutput, err error) {
	return out, s.setListener(ctx, elb.TCP, &in.ListenerChange, in.Apply)
}

// SetLoadBalancerUDPListenerAttribute changes a listener, running or not.
func (s *listenerAPI) SetLoadBalancerUDPListenerAttribute(ctx context.Context, in *api.SetLoadBalancerUDPListenerAttributeInput) (out api.SetLoadBalancerUDPListenerAttributeOutput, err error) {
	return out, s.setListener(ctx, elb.UDP, &in.ListenerChange, in.Apply)
}

func (s *listenerAPI) setListener(ctx context.Context, p elb.Protocol, in *api.ListenerChange, apply func(*elb.Listener) error) error {
	key := elb.ListenerKey{LoadBalancerID: in.LoadBalancerID, Port: in.Port, Protocol: p}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		lb, err := activeLoadBalancer(tx, in.LoadBalancerID)
		if err != nil {
			return err
		}
		l, found := store.Listeners.Get(tx, key)
		if !found {
			return api.ListenerNotFound()
		}
		if err := apply(&l); err != nil {
			return err
		}
		if err := s.mayStand(tx, &lb, &l); err != nil {
			return err
		}
		store.Listeners.Put(tx, l)
		return nil
	})
}

// StartLoadBalancerListener starts a listener. If it runs already, that is no
// error.
func (s *listenerAPI) StartLoadBalancerListener(ctx context.Context, in *api.StartLoadBalancerListenerInput) (out api.StartLoadBalancerListenerOutput, err error) {
	return out, s.setStarted(ctx, in.ListenerKey, true)
}

// StopLoadBalancerListener stops a listener. If it does not run, that is no
// error.
func (s *listenerAPI) StopLoadBalancerListener(ctx context.Context, in *api.StopLoadBalancerListenerInput) (out api.StopLoadBalancerListenerOutput, err error) {
	return out, s.setStarted(ctx, in.ListenerKey, false)
}

func (s *listenerAPI) setStarted(ctx context.Context, k api.ListenerKey, started bool) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		l, err := changeable(tx, k)
		if err != nil || l.Started == started {
			return err
		}
		l.Started = started
		store.Listeners.Put(tx, l)
		return nil
	})
}

// DeleteLoadBalancerListener deletes a listener. The nodes drain it if it runs
// (decisions, Other operations 5).
func (s *listenerAPI) DeleteLoadBalancerListener(ctx context.Context, in *api.DeleteLoadBalancerListenerInput) (out api.DeleteLoadBalancerListenerOutput, err error) {
	return out, s.deleteListener(ctx, in.ListenerKey)
}

// DeleteLoadBalancerHTTPListener deletes an HTTP listener.
func (s *listenerAPI) DeleteLoadBalancerHTTPListener(ctx context.Context, in *api.DeleteLoadBalancerHTTPListenerInput) (out api.DeleteLoadBalancerHTTPListenerOutput, err error) {
	return out, s.deleteListener(ctx, api.ListenerKey{LoadBalancerID: in.LoadBalancerID, Port: in.Port, Protocol: elb.HTTP})
}

func (s *listenerAPI) deleteListener(ctx context.Context, k api.ListenerKey) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.LoadBalancers.Get(tx, k.LoadBalancerID); !found {
			return api.ErrLoadBalancerGone.New()
		}
		l, err := changeable(tx, k)
		if err != nil {
			return err
		}
		store.Listeners.Delete(tx, l.Key())
		return nil
	})
}

// changeable returns the listener that a call names by port and optional
// protocol.
func changeable(tx *store.Tx, k api.ListenerKey) (found elb.Listener, err error) {
	if _, err := activeLoadBalancer(tx, k.LoadBalancerID); err != nil {
		return found, err
	}
	n := 0
	for _, l := range store.Listeners.Of(tx, k.LoadBalancerID) {
		if l.Port == k.Port && (k.Protocol == "" || l.Protocol == k.Protocol) {
			found = l
			n++
		}
	}
	switch n {
	case 0:
		return found, api.ListenerNotFound()
	case 1:
		return found, nil
	}
	return found, api.ErrTooManyListeners.New()
}
