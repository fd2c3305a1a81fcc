package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/elb"
)

// counts are the figures of the overview.
type counts struct {
	LoadBalancers int `json:"lbs"`
	Inactive      int `json:"inactive"`
	Listeners     int `json:"listeners"`
	Running       int `json:"running"`
	Failing       int `json:"failing"` // started, and not as desired
	Backends      int `json:"backends"`
	Unhealthy     int `json:"unhealthy"`
}

// countsOf counts the objects of a state.
func countsOf(s State) counts {
	c := counts{LoadBalancers: len(s.LoadBalancers), Listeners: len(s.Listeners)}
	for i := range s.LoadBalancers {
		c.Backends += len(s.LoadBalancers[i].Backends)
		if s.LoadBalancers[i].Status != elb.Active {
			c.Inactive++
		}
	}
	for i := range s.Statuses {
		switch one := &s.Statuses[i]; {
		case one.Reason != "":
			c.Failing++
		case one.State == elb.Running:
			c.Running++
		}
	}
	c.Unhealthy = len(unhealthy(s))
	return c
}

// A trouble is a problem that an operator should look at.
type trouble struct {
	LoadBalancerID string
	Name           string // of the load balancer
	What           string // the backend or the listener
	Port           string // of the listener
	Protocol       string
	Reason         string
}

// unhealthy lists the backends that health checks find down, each once however many
// listeners use it.
func unhealthy(s State) []trouble {
	var all []trouble
	seen := make(map[[3]string]bool)
	for i := range s.Statuses {
		one := &s.Statuses[i]
		for _, b := range one.Backends {
			id := [3]string{one.LoadBalancerID, b.ServerID, b.Address}
			if b.Health != "unhealthy" || seen[id] {
				continue
			}
			seen[id] = true
			all = append(all, trouble{
				LoadBalancerID: one.LoadBalancerID, What: b.ServerID + " at " + b.Address, Reason: b.LastErr,
				Port: strconv.Itoa(one.Port), Protocol: string(one.Protocol),
			})
		}
	}
	return named(all, s)
}

// failing lists the listeners that are not as desired.
func failing(s State) []trouble {
	var all []trouble
	for i := range s.Statuses {
		if one := &s.Statuses[i]; one.Reason != "" {
			all = append(all, trouble{
				LoadBalancerID: one.LoadBalancerID, What: "port " + strconv.Itoa(one.Port), Reason: one.Reason,
				Port: strconv.Itoa(one.Port), Protocol: string(one.Protocol),
			})
		}
	}
	return named(all, s)
}

// named adds the names of the load balancers and sorts by them.
func named(all []trouble, s State) []trouble {
	if len(all) == 0 {
		return nil
	}
	names := namesOf(s)
	for i := range all {
		all[i].Name = names[all[i].LoadBalancerID]
	}
	slices.SortFunc(all, func(a, b trouble) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.What, b.What))
	})
	return all
}

func namesOf(s State) map[string]string {
	names := make(map[string]string, len(s.LoadBalancers))
	for i := range s.LoadBalancers {
		names[s.LoadBalancers[i].ID] = s.LoadBalancers[i].Name
	}
	return names
}

// A verdict is the result of the health checks of a backend.
type verdict struct{ Health, Reason string }

// rank orders verdicts, the worst last: a backend that one listener finds down is shown as
// down.
var rank = []string{"", "unchecked", "healthy", "unknown", "unhealthy"}

// verdictsOf returns the verdicts on the backends of a load balancer, by the id under
// which the data plane counts them.
func verdictsOf(lb string, s State) map[string]verdict {
	all := make(map[string]verdict)
	ports := portsOf(lb, s)
	for i := range s.Statuses {
		if s.Statuses[i].LoadBalancerID != lb {
			continue
		}
		for _, b := range s.Statuses[i].Backends {
			id := b.ServerID
			if _, port, ok := strings.Cut(b.Address[strings.LastIndex(b.Address, "]")+1:], ":"); ok && ports[b.ServerID+":"+port] {
				id += ":" + port
			}
			if slices.Index(rank, b.Health) > slices.Index(rank, all[id].Health) {
				all[id] = verdict{b.Health, b.LastErr}
			}
		}
	}
	return all
}

// portsOf returns ServerId:Port of each backend with a port of its own.
func portsOf(lb string, s State) map[string]bool {
	ports := make(map[string]bool)
	for i := range s.LoadBalancers {
		if s.LoadBalancers[i].ID != lb {
			continue
		}
		for _, b := range s.LoadBalancers[i].Backends {
			if b.Port != 0 {
				ports[backendID(b.ServerID, b.Port)] = true
			}
		}
	}
	return ports
}

// backendID returns the id under which the data plane counts a backend.
func backendID(serverID string, port int) string {
	if port == 0 {
		return serverID
	}
	return serverID + ":" + strconv.Itoa(port)
}

// backendIDText is backendID for a port in the form of text.
func backendIDText(serverID, port string) string {
	if n, err := strconv.Atoi(port); err == nil {
		return backendID(serverID, n)
	}
	return serverID
}

// A listenerState is the state of a listener.
type listenerState struct {
	Port     string `json:"port"`
	Protocol string `json:"protocol"`
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
}

// listenersOf returns the states of the listeners of a load balancer.
func listenersOf(lb string, s State) []listenerState {
	active := slices.ContainsFunc(s.LoadBalancers, func(b elb.LoadBalancer) bool {
		return b.ID == lb && b.Status == elb.Active
	})
	byKey := make(map[elb.ListenerKey][]elb.ListenerStatus)
	for i := range s.Statuses {
		if one := &s.Statuses[i]; one.LoadBalancerID == lb {
			byKey[one.Key()] = append(byKey[one.Key()], *one)
		}
	}
	var all []listenerState
	for i := range s.Listeners {
		l := &s.Listeners[i]
		if l.LoadBalancerID != lb {
			continue
		}
		reports, reason := byKey[l.Key()], ""
		for i := range reports {
			reason = cmp.Or(reason, reports[i].Reason)
		}
		started := l.Started && active
		if !started {
			reason = ""
		}
		all = append(all, listenerState{
			Port: strconv.Itoa(l.Port), Protocol: string(l.Protocol), Reason: reason,
			State: string(elb.StateOf(started, s.Revisions[l.Key()], reports)),
		})
	}
	return all
}
