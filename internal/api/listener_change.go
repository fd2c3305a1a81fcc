package api

import (
	"maps"

	"elbow/internal/elb"
)

// A listenerRows lists the parameters of a listener that both the operation that
// creates it and the one that changes it accept. With again, those with a default
// that no value expresses accept one that restores it: a change keeps absent
// parameters.
type listenerRows func(l *elb.Listener, again bool) []Param

// A ListenerChange is the input of an operation that changes a listener. Bind
// validates the given parameters by themselves; Apply validates them together
// with the stored ones.
type ListenerChange struct {
	LoadBalancerID string
	Port           int
	alone          elb.Listener // given parameters, without stored ones
	given          map[string]string
}

// params lists the rows: those of the listener, none of them required and none with
// a default.
func (in *ListenerChange) params(rows listenerRows) []Param {
	all := []Param{loadBalancerID(&in.LoadBalancerID), listenerPort(&in.Port)}
	for _, r := range rows(&in.alone, true) {
		r.Required, r.Default, r.IfGiven = false, "", ""
		all = append(all, r)
	}
	return all
}

func (in *ListenerChange) complete(values map[string]string) error {
	in.given = maps.Clone(values)
	return nil
}

// apply changes the stored listener l: an absent parameter keeps its value, an
// empty Description clears it. If the result would violate a rule, l does not
// change.
func (in *ListenerChange) apply(l *elb.Listener, rows listenerRows) error {
	changed := *l
	if text, ok := in.given["Description"]; ok && text == "" {
		changed.Description = ""
	}
	if err := fill(rows(&changed, true), in.given, true); err != nil {
		return err
	}
	if err := changed.Validate(); err != nil {
		return contradiction(err)
	}
	*l = changed
	return nil
}

// A ListenerName is the input of an operation that describes a listener.
type ListenerName struct {
	LoadBalancerID string
	Port           int
}

// Params lists the rows.
func (in *ListenerName) Params() []Param {
	return []Param{loadBalancerID(&in.LoadBalancerID), listenerPort(&in.Port)}
}

// listenerPort names a listener of the protocol that the operation is for.
func listenerPort(port *int) Param {
	return Param{Name: "ListenerPort", Var: Int(port, 1, 65535), Names: listenerKind, Required: true, Doc: "The port of the listener."}
}
