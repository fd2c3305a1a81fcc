package console

import (
	"net/http"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// The pages of a load balancer have the words of its listeners: requests of HTTP and HTTPS,
// connections of TCP, sessions of UDP.
func TestTermsFitTheListeners(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "root-key")
	requests := []string{"Requests a second", "Median latency", "Requests/s", "503", "Redirect", `data-chart="latency"`, "requests a second"}
	for _, tt := range []struct {
		protocols []elb.Protocol
		requests  bool
		want      []string // on the page of the load balancer
		last      string   // on the question before its last backend is removed
	}{
		{[]elb.Protocol{elb.HTTPS}, true, []string{"Client connections"}, "every request is answered with 503"},
		{[]elb.Protocol{elb.HTTP, elb.UDP}, true, []string{"Connections and sessions"}, "connections and sessions of TCP and UDP listeners fail"},
		{[]elb.Protocol{elb.TCP}, false, []string{"Client connections", "Received from clients", ">Connections</th>"}, "every connection is closed"},
		{[]elb.Protocol{elb.UDP}, false, []string{"Client sessions", "Received from clients", ">Sessions</th>"}, "every datagram is dropped"},
		{[]elb.Protocol{elb.TCP, elb.UDP}, false, []string{"Connections and sessions"}, "every connection is closed and every datagram dropped"},
	} {
		s.with(func() {
			s.state.Listeners = nil
			var rows []api.Listener
			for _, p := range tt.protocols {
				s.state.Listeners = append(s.state.Listeners, elb.Listener{LoadBalancerID: "lb-1", Port: 53, Protocol: p, Started: true})
				rows = append(rows, api.Listener{ListenerPort: "53", Protocol: p, Status: "running"})
			}
			s.answers["DescribeLoadBalancerListeners"] = api.DescribeLoadBalancerListenersOutput{Listeners: api.Listeners{Listener: rows}}
		})
		got := b.get("load-balancers/lb-1")
		got.want(t, http.StatusOK, tt.want...)
		for _, word := range requests {
			if !tt.requests && strings.Contains(got.text, word) {
				t.Errorf("%v: the page has %q", tt.protocols, word)
			}
		}
		b.get("load-balancers/lb-1/backends/remove?server=i-1&port=80").want(t, http.StatusOK, tt.last)
	}
	b.get("load-balancers/lb-1/listeners/udp/53/stop").want(t, http.StatusOK, "datagrams of new clients are refused")
	b.get("load-balancers/lb-1/listeners/tcp/53/stop").want(t, http.StatusOK, "new connections are refused")
}

// An HTTP listener redirects to a port, an HTTPS listener from one.
func TestDirectionOfARedirect(t *testing.T) {
	s := newStrictSite(t)
	s.with(func() {
		s.answers["DescribeLoadBalancerListeners"] = api.DescribeLoadBalancerListenersOutput{Listeners: api.Listeners{Listener: []api.Listener{
			{ListenerPort: "80", Protocol: elb.HTTP, Status: "running", ListenerForward: "on", ForwardPort: "443"},
			{ListenerPort: "8443", Protocol: elb.HTTPS, Status: "running", ListenerForward: "on", ForwardPort: "8080"},
		}}}
	})
	s.signIn(t, "root-key").get("load-balancers/lb-1").want(t, http.StatusOK, "to port 443", "from port 8080")
}
