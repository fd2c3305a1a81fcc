package console

import (
	"fmt"

	"elbow/internal/elb"
)

// terms are the words for the traffic of a load balancer. HTTP and HTTPS listeners have
// requests, TCP listeners connections and UDP listeners sessions.
type terms struct {
	Requests  bool   // there are requests, or no listener yet
	Open      string // what clients have open, as a heading
	ToBackend string // what backends have in progress, as a heading
	one       string // the same as a noun; "" if it is of several kinds
	NoBackend string // what becomes of traffic without a backend
}

// hasRequests reports whether listeners of a protocol have requests.
func hasRequests(p elb.Protocol) bool { return p == elb.HTTP || p == elb.HTTPS }

// termsOf returns the words that fit the listeners of a load balancer.
func termsOf(lb string, s State) terms {
	var requests, connections, sessions bool
	for i := range s.Listeners {
		if l := &s.Listeners[i]; l.LoadBalancerID == lb {
			requests = requests || hasRequests(l.Protocol)
			connections = connections || l.Protocol == elb.TCP
			sessions = sessions || l.Protocol == elb.UDP
		}
	}
	t := terms{Requests: requests, Open: "Client connections", ToBackend: "In progress"}
	switch {
	case !connections && !sessions:
		t.Requests, t.one, t.NoBackend = true, "request in progress", "every request is answered with 503"
	case requests:
		t.NoBackend = "every request is answered with 503, and connections and sessions of TCP and UDP listeners fail"
	case connections && sessions:
		t.ToBackend, t.NoBackend = "Connections and sessions", "every connection is closed and every datagram dropped"
	case connections:
		t.ToBackend, t.one, t.NoBackend = "Connections", "connection", "every connection is closed"
	default:
		t.ToBackend, t.one, t.NoBackend = "Sessions", "session", "every datagram is dropped"
	}
	switch {
	case sessions && !requests && !connections:
		t.Open = "Client sessions"
	case sessions:
		t.Open = "Connections and sessions"
	}
	return t
}

// counted returns "2 connections" or, without a noun, "2 in progress".
func counted(n int64, noun string) string {
	if noun == "" {
		return fmt.Sprintf("%d in progress", n)
	}
	return plural(int(n), noun)
}
