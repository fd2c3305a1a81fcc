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

// CreateLoadBalancerHTTPSListener makes a listener that is stopped.
func (s *Service) CreateLoadBalancerHTTPSListener(ctx context.Context, in *api.CreateLoadBalancerHTTPSListenerInput) (out api.CreateLoadBalancerHTTPSListenerOutput, err error) {
	l := in.Listener
	l.CreateTime = s.now()
	l.Seed = make([]byte, seedBytes)
	_, _ = rand.Read(l.Seed) // never fails: crypto/rand ends the program instead
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		lb, err := activeLoadBalancer(tx, l.LoadBalancerID)
		if err != nil {
			return err
		}
		if !certificatesExist(tx, l.CertificateID) {
			return api.ServerCertificateNotFound()
		}
		if err := s.mayServe(&lb, &l); err != nil {
			return err
		}
		for _, other := range tx.ListenersOf(l.LoadBalancerID) {
			if sharePort(&l, &other) {
				return api.ListenerAlreadyExists()
			}
		}
		tx.PutListener(l)
		return nil
	})
}

// certificatesExist reads the certificates of a ServerCertificateId, so that
// none of them can be deleted before the listener is written.
func certificatesExist(tx *store.Tx, ids string) bool {
	for _, id := range elb.CertificateIDs(ids) {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != id {
			return false
		}
		if _, found := tx.Certificate(n); !found {
			return false
		}
	}
	return true
}

// sharePort reports whether two listeners of one load balancer want the same
// port. UDP has ports of its own.
func sharePort(a, b *elb.Listener) bool {
	if (a.Protocol == elb.UDP) != (b.Protocol == elb.UDP) {
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

// ports lists what a listener listens on.
func ports(l *elb.Listener) []int {
	if l.Forward {
		return []int{l.Port, l.ForwardPort}
	}
	return []int{l.Port}
}

// SetLoadBalancerHTTPSListenerAttribute changes a listener, running or not.
func (s *Service) SetLoadBalancerHTTPSListenerAttribute(ctx context.Context, in *api.SetLoadBalancerHTTPSListenerAttributeInput) (out api.SetLoadBalancerHTTPSListenerAttributeOutput, err error) {
	key := elb.ListenerKey{LoadBalancerID: in.LoadBalancerID, Port: in.Port, Protocol: elb.HTTPS}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		lb, err := activeLoadBalancer(tx, in.LoadBalancerID)
		if err != nil {
			return err
		}
		l, found := tx.Listener(key)
		if !found {
			return api.ListenerNotFound()
		}
		if err := in.Apply(&l); err != nil {
			return err
		}
		if !certificatesExist(tx, l.CertificateID) {
			return api.ServerCertificateNotFound()
		}
		if err := s.mayServe(&lb, &l); err != nil {
			return err
		}
		tx.PutListener(l)
		return nil
	})
}

// StartLoadBalancerListener lets a listener run. It is no error if it does.
func (s *Service) StartLoadBalancerListener(ctx context.Context, in *api.StartLoadBalancerListenerInput) (out api.StartLoadBalancerListenerOutput, err error) {
	return out, s.setStarted(ctx, in.ListenerKey, true)
}

// StopLoadBalancerListener ends a listener. It is no error if it does not run.
func (s *Service) StopLoadBalancerListener(ctx context.Context, in *api.StopLoadBalancerListenerInput) (out api.StopLoadBalancerListenerOutput, err error) {
	return out, s.setStarted(ctx, in.ListenerKey, false)
}

func (s *Service) setStarted(ctx context.Context, k api.ListenerKey, started bool) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		l, err := changeable(tx, k)
		if err != nil || l.Started == started {
			return err
		}
		l.Started = started
		tx.PutListener(l)
		return nil
	})
}

// DeleteLoadBalancerListener deletes a listener. One that runs is drained by
// the nodes (decisions, Other operations 5).
func (s *Service) DeleteLoadBalancerListener(ctx context.Context, in *api.DeleteLoadBalancerListenerInput) (out api.DeleteLoadBalancerListenerOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		l, err := changeable(tx, in.ListenerKey)
		if err != nil {
			return err
		}
		tx.DeleteListener(l.Key())
		return nil
	})
}

// changeable finds the listener that a call names by port and maybe protocol.
func changeable(tx *store.Tx, k api.ListenerKey) (found elb.Listener, err error) {
	if _, err := activeLoadBalancer(tx, k.LoadBalancerID); err != nil {
		return found, err
	}
	n := 0
	for _, l := range tx.ListenersOf(k.LoadBalancerID) {
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
