package reconcile

import (
	"errors"

	"elbow/internal/balance"
	"elbow/internal/elb"
)

// tell puts the status of a listener onto the board.
func (a *applier) tell(k elb.ListenerKey) {
	u := a.running[keyOf(k)]
	s := elb.ListenerStatus{LoadBalancerID: k.LoadBalancerID, Port: k.Port, Protocol: k.Protocol, Revision: a.revision}
	var members []member
	var refused []refusal
	switch {
	case u != nil && u.spec.owner == k:
		s.State, s.Reason = a.state(u)
		members, refused = u.spec.members, u.spec.refused
	case a.drains.of[k] > 0:
		s.State = elb.Stopping
	default:
		a.board.remove(k)
		return
	}
	a.board.put(s, func(s *elb.ListenerStatus) {
		for _, m := range members {
			s.Backends = append(s.Backends, u.memberStatus(m.backendID))
		}
		for _, r := range refused {
			s.Backends = append(s.Backends, backendStatus(r.backendID, balance.Unhealthy, errors.New(r.why)))
		}
	})
}

// state is the state of a unit's listener. One that serves, but not everything
// desired, is Configuring; one that does not serve is Starting: both are retried.
func (a *applier) state(u *unit) (state elb.ListenerState, reason string) {
	switch {
	case !u.open && u.fault != nil:
		return elb.Starting, u.fault.err.Error()
	case u.fault != nil:
		return elb.Configuring, u.fault.err.Error()
	}
	r := a.running[key{u.spec.loadBalancer, u.spec.forward, false}]
	if u.spec.forward != 0 && r != nil && r.fault != nil {
		return elb.Configuring, "redirect: " + r.fault.err.Error()
	}
	return elb.Running, ""
}

func (u *unit) memberStatus(id backendID) elb.BackendStatus {
	b := u.backends[id]
	if b == nil {
		return backendStatus(id, balance.Unknown, nil)
	}
	s := backendStatus(id, b.proxy.Member.Health(), nil)
	if !b.check.on {
		s.Health = "unchecked"
	}
	return s
}
