package control_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

// listener are the required parameters of a listener on port 443.
func listener(lb, certificate string) params {
	return params{"LoadBalancerId": lb, "ListenerPort": "443", "HealthCheck": "off", "ServerCertificateId": certificate}
}

// A site is a world with a load balancer, a certificate and a listener on 443.
func newSite(t testing.TB) (w *world, lb, certificate string) {
	w = newWorld(t)
	lb, certificate = w.loadBalancer(), w.certificate("web")
	w.do("CreateLoadBalancerHTTPSListener", listener(lb, certificate))
	return w, lb, certificate
}

func on443(lb string) params { return params{"LoadBalancerId": lb, "ListenerPort": "443"} }

func (w *world) describe(lb string) answer {
	w.t.Helper()
	return w.do("DescribeLoadBalancerHTTPSListenerAttribute", on443(lb))
}

func TestCreateLoadBalancerHTTPSListener(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, id := w.loadBalancer(), w.certificate("web")
	w.do("CreateLoadBalancerHTTPSListener", params{
		"LoadBalancerId": lb, "ListenerPort": "443", "ListenerForward": "on", "ForwardPort": "80", "Description": "web",
		"Scheduler": "wlc", "StickySessionType": "insert", "CookieTimeout": "100", "Cookie": "sid", "HealthCheck": "on",
		"HealthCheckDomain": "example.com", "HealthCheckURI": "/up", "HealthyThreshold": "2", "UnhealthyThreshold": "4",
		"HealthCheckTimeout": "6", "HealthCheckConnectPort": "81", "HealthCheckInterval": "7",
		"HealthCheckHttpCode": "http_2xx,http_3xx", "IdleTimeout": "8", "RequestTimeout": "9", "ServerCertificateId": id,
		"HealthCheckMethod": "get", "BackendServerPort": "8080", "BackendServerProtocol": "h2c", "StickySessionSameSite": "none",
	})
	want := answer{
		"BackendServerPort": 8080.0, "BackendServerProtocol": "h2c", "StickySessionSameSite": "none", "Bandwidth": -1.0, "Cookie": "sid", "CookieTimeout": 100.0, "Description": "web",
		"ForwardPort": 80.0, "HealthCheck": "on", "HealthCheckConnectPort": 81.0, "HealthCheckDomain": "example.com",
		"HealthCheckHttpCode": "http_2xx,http_3xx", "HealthCheckInterval": 7.0, "HealthCheckMethod": "get",
		"HealthCheckTimeout": 6.0, "HealthCheckURI": "/up", "HealthyThreshold": 2.0, "IdleTimeout": 8.0,
		"ListenerForward": "on", "ListenerPort": 443.0, "RequestTimeout": 9.0, "Scheduler": "wlc",
		"ServerCertificateId": id, "Status": "Stopped", "StickySession": "on", "StickySessionType": "insert",
		"UnhealthyThreshold": 4.0,
	}
	if diff := cmp.Diff(want, w.describe(lb)); diff != "" {
		t.Errorf("described (-want +got):\n%s", diff)
	}
}

// The seed is generated for each listener and never returned.
func TestEachListenerHasASeed(t *testing.T) {
	t.Parallel()
	w, lb, id := newSite(t)
	w.do("CreateLoadBalancerHTTPSListener", listener(lb, id).with(params{"ListenerPort": "444"}))
	var seeds []string
	err := w.store.View(t.Context(), func(r *store.Reader) error {
		for _, l := range store.Listeners.Of(r, lb) {
			seeds = append(seeds, string(l.Seed))
		}
		return nil
	})
	if err != nil || len(seeds) != 2 || len(seeds[0]) != 32 || seeds[0] == seeds[1] {
		t.Errorf("got the seeds %x, %v", seeds, err)
	}
}

// The error rows of the specification's page that a call can meet once it is
// authorized. NoPermission is the gateway's; ens.interface.error is met by
// TestCallsWithoutAStore.
func TestCreateLoadBalancerHTTPSListenerErrors(t *testing.T) {
	t.Parallel()
	w, lb, id := newSite(t)
	inactive := w.loadBalancer()
	w.do("SetLoadBalancerStatus", params{"LoadBalancerId": inactive, "LoadBalancerStatus": "InActive"})
	good := listener(lb, id).with(params{"ListenerPort": "8443"})
	for _, tt := range []struct {
		row  string // of the table of error codes
		p    params
		want string
	}{
		{"Invalid%s", good.with(params{"ListenerPort": "65536"}), "InvalidListenerPort"},
		{"Invalid%s", good.with(params{"HealthCheckURI": "/"}), "InvalidHealthCheckURI"},
		{"Missing%s", good.without("HealthCheck"), "MissingHealthCheck"},
		{"Missing%s", good.with(params{"StickySessionType": "insert"}), "MissingCookieTimeout"},
		{"LoadBalancerNotFound", good.with(params{"LoadBalancerId": "lb-none"}), "LoadBalancerNotFound"},
		{"IncorrectInstanceStatus", good.with(params{"LoadBalancerId": inactive}), "IncorrectInstanceStatus"},
		{"ServerCertificateNotFound", good.with(params{"ServerCertificateId": "1"}), "ServerCertificateNotFound"},
		{"ServerCertificateNotFound", good.with(params{"ServerCertificateId": "web"}), "ServerCertificateNotFound"},
		{"ServerCertificateNotFound", good.with(params{"ServerCertificateId": "0" + id}), "ServerCertificateNotFound"},
		{"ServerCertificateNotFound", good.with(params{"ServerCertificateId": id + ",1"}), "ServerCertificateNotFound"},
		{"ServerCertificateNotFound", good.with(params{"ServerCertificateId": id + ","}), "ServerCertificateNotFound"},
		{"ServerCertificateNotFound", good.with(params{"ServerCertificateId": id + ", " + id}), "InvalidServerCertificateId"},
		{"ListenerAlreadyExists", listener(lb, id), "ListenerAlreadyExists"},
		{"InvalidParameter.%s", good.with(params{"ListenerForward": "on", "ForwardPort": "8443"}), "InvalidParameter.ForwardPort"},
	} {
		t.Run(tt.row, func(t *testing.T) { w.refuse("CreateLoadBalancerHTTPSListener", tt.p, tt.want) })
	}
}

// No two listeners of a load balancer listen on one port, including redirect
// ports.
func TestPortsOfOneLoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, id := w.loadBalancer(), w.certificate("web")
	forward := func(lb, port, to string) params {
		return listener(lb, id).with(params{"ListenerPort": port, "ListenerForward": "on", "ForwardPort": to})
	}
	plain := func(port string) params { return listener(lb, id).with(params{"ListenerPort": port}) }
	w.do("CreateLoadBalancerHTTPSListener", forward(lb, "443", "80"))
	for _, p := range []params{plain("443"), plain("80"), forward(lb, "8443", "80"), forward(lb, "8443", "443"), forward(lb, "80", "8080")} {
		w.refuse("CreateLoadBalancerHTTPSListener", p, "ListenerAlreadyExists")
	}
	w.do("CreateLoadBalancerHTTPSListener", plain("8443").with(params{"ForwardPort": "80"})) // without effect: off
	w.do("CreateLoadBalancerHTTPSListener", forward(w.loadBalancer(), "443", "80"))          // of another load balancer
	w.do("DeleteLoadBalancerListener", on443(lb))
	w.do("CreateLoadBalancerHTTPSListener", plain("80"))

	w.put(func(tx *store.Tx) {
		store.Listeners.Put(tx, elb.Listener{LoadBalancerID: lb, Port: 53, Protocol: elb.UDP})
	})
	w.do("CreateLoadBalancerHTTPSListener", plain("53")) // UDP has separate ports
}

// Of many concurrent calls for the same port, one succeeds.
func TestConcurrentCreatesOfOnePort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, id := w.loadBalancer(), w.certificate("web")
	const callers = 30
	codes := make(chan string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		p := listener(lb, id)
		if i%3 == 0 { // needs 443 for its redirect
			p = p.with(params{"ListenerPort": fmt.Sprint(1000 + i), "ListenerForward": "on", "ForwardPort": "443"})
		}
		wg.Go(func() {
			_, err := w.try(t.Context(), "CreateLoadBalancerHTTPSListener", p)
			codes <- codeOf(err)
		})
	}
	wg.Wait()
	close(codes)
	count := make(map[string]int)
	for code := range codes {
		count[code]++
	}
	if want := map[string]int{"": 1, "ListenerAlreadyExists": callers - 1}; !cmp.Equal(want, count) {
		t.Errorf("got %v, want %v", count, want)
	}
}

func TestSetLoadBalancerHTTPSListenerAttribute(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	other := w.certificate("other")
	before := w.describe(lb)
	w.do("SetLoadBalancerHTTPSListenerAttribute", on443(lb)) // nothing given, nothing changed
	if diff := cmp.Diff(before, w.describe(lb)); diff != "" {
		t.Errorf("after a Set of nothing (-before +after):\n%s", diff)
	}
	w.do("SetLoadBalancerHTTPSListenerAttribute", on443(lb).with(params{
		"Description": "shop", "Scheduler": "rr", "IdleTimeout": "30", "ServerCertificateId": other,
		"StickySession": "on", "StickySessionType": "server", "Cookie": "sid",
	}))
	want := answer{}
	for name, value := range before {
		want[name] = value
	}
	for name, value := range map[string]any{
		"Description": "shop", "Scheduler": "rr", "IdleTimeout": 30.0, "ServerCertificateId": other,
		"StickySession": "on", "StickySessionType": "server", "Cookie": "sid",
	} {
		want[name] = value
	}
	if diff := cmp.Diff(want, w.describe(lb)); diff != "" {
		t.Errorf("after the Set (-want +got):\n%s", diff)
	}
	w.do("SetLoadBalancerHTTPSListenerAttribute", on443(lb).with(params{"Description": ""}))
	if got := w.describe(lb).text("Description"); got != "" {
		t.Errorf("an empty Description left %q", got)
	}
}

func TestSetLoadBalancerHTTPSListenerAttributeRefuses(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	for _, tt := range []struct {
		change params
		want   string
	}{
		{params{"LoadBalancerId": "lb-none"}, "LoadBalancerNotFound"},
		{params{"ListenerPort": "444"}, "ListenerNotFound"},
		{params{"ServerCertificateId": "1"}, "ServerCertificateNotFound"},
		{params{"IdleTimeout": "61"}, "InvalidIdleTimeout"},
		{params{"ListenerPort": ""}, "MissingListenerPort"},
		{params{"StickySession": "on"}, "MissingStickySessionType"},
	} {
		w.refuse("SetLoadBalancerHTTPSListenerAttribute", on443(lb).with(tt.change), tt.want)
	}
}

func TestAnInActiveLoadBalancerTakesNoChanges(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	w.do("SetLoadBalancerStatus", params{"LoadBalancerId": lb, "LoadBalancerStatus": "InActive"})
	for _, action := range []string{
		"SetLoadBalancerHTTPSListenerAttribute", "StartLoadBalancerListener", "StopLoadBalancerListener", "DeleteLoadBalancerListener",
	} {
		w.refuse(action, on443(lb), "IncorrectInstanceStatus")
	}
	servers := params{"LoadBalancerId": lb, "BackendServers": `[{"ServerId":"i-1","Ip":"10.0.0.1","Weight":1}]`}
	for _, action := range []string{"AddBackendServers", "SetBackendServers", "RemoveBackendServers"} {
		w.refuse(action, servers, "IncorrectInstanceStatus")
	}
}

func TestStartStopAndDelete(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	w.do("StartLoadBalancerListener", on443(lb))
	w.do("StartLoadBalancerListener", on443(lb)) // already started: no error
	if got := w.describe(lb).text("Status"); got != "Starting" {
		t.Errorf("started, no node has reported: %s", got)
	}
	w.do("StopLoadBalancerListener", on443(lb).with(params{"ListenerProtocol": "https"}))
	if got := w.describe(lb).text("Status"); got != "Stopped" {
		t.Errorf("stopped: %s", got)
	}
	w.do("StartLoadBalancerListener", on443(lb))
	w.do("DeleteLoadBalancerListener", on443(lb)) // running or not
	w.refuse("DescribeLoadBalancerHTTPSListenerAttribute", on443(lb), "ListenerNotFound")
	w.refuse("DescribeLoadBalancerHTTPSListenerAttribute", on443("lb-none"), "LoadBalancerNotFound")
	for _, action := range []string{"StartLoadBalancerListener", "StopLoadBalancerListener", "DeleteLoadBalancerListener"} {
		w.refuse(action, on443(lb), "ListenerNotFound")
		w.refuse(action, on443("lb-none"), "LoadBalancerNotFound")
	}
}

// Listeners of several protocols may share a port; then the protocol is needed.
func TestListenerProtocol(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	w.put(func(tx *store.Tx) {
		store.Listeners.Put(tx, elb.Listener{LoadBalancerID: lb, Port: 443, Protocol: elb.UDP})
	})
	for _, action := range []string{"StartLoadBalancerListener", "StopLoadBalancerListener", "DeleteLoadBalancerListener"} {
		w.refuse(action, on443(lb), "TooManyListeners")
		w.refuse(action, on443(lb).with(params{"ListenerProtocol": "tcp"}), "ListenerNotFound")
	}
	w.do("StartLoadBalancerListener", on443(lb).with(params{"ListenerProtocol": "https"}))
	w.do("DeleteLoadBalancerListener", on443(lb).with(params{"ListenerProtocol": "udp"}))
	if got := w.describe(lb).text("Status"); got != "Starting" {
		t.Errorf("the HTTPS listener is %s", got)
	}
}

// The state follows the desired state and the report of the node.
func TestStatus(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	revision := w.revision()
	key := elb.ListenerStatus{LoadBalancerID: lb, Port: 443, Protocol: elb.HTTPS, Revision: revision}
	node := func(state elb.ListenerState, reason string) {
		key.State, key.Reason, key.Revision = state, reason, w.revision()
		w.report(key)
	}
	want := func(step, status, reason string) {
		t.Helper()
		a := w.describe(lb)
		if a.text("Status") != status || a.text("StatusReason") != reason {
			t.Errorf("%s: got %s %q, want %s %q", step, a.text("Status"), a.text("StatusReason"), status, reason)
		}
		entry := w.do("DescribeLoadBalancerListeners", params{"LoadBalancerId": lb}).list("Listeners", "Listener")[0]
		if entry.text("Status") != strings.ToLower(status) || entry.text("StatusReason") != reason {
			t.Errorf("%s: listed as %s %q, want %s", step, entry.text("Status"), entry.text("StatusReason"), strings.ToLower(status))
		}
	}
	want("created", "Stopped", "")
	w.do("StartLoadBalancerListener", on443(lb))
	want("started", "Starting", "")
	node(elb.Starting, "port 443 is in use")
	want("port in use", "Starting", "port 443 is in use")
	node(elb.Running, "")
	want("port free", "Running", "")
	w.do("SetLoadBalancerHTTPSListenerAttribute", on443(lb).with(params{"IdleTimeout": "30"}))
	want("changed", "Configuring", "")
	node(elb.Running, "")
	want("change applied", "Running", "")
	w.do("StopLoadBalancerListener", on443(lb))
	want("stopped", "Stopping", "")
	node(elb.Stopped, "")
	want("drained", "Stopped", "")

	w.do("StartLoadBalancerListener", on443(lb))
	node(elb.Running, "")
	w.do("SetLoadBalancerStatus", params{"LoadBalancerId": lb, "LoadBalancerStatus": "InActive"})
	want("load balancer inactive", "Stopping", "")
}

func TestHealthOfBackendsIsDescribed(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	w.report(elb.ListenerStatus{
		LoadBalancerID: lb, Port: 443, Protocol: elb.HTTPS, State: elb.Running, Backends: []elb.BackendStatus{
			{ServerID: "i-1", Address: "10.0.0.1:80", Health: "healthy"},
			{ServerID: "i-2", Address: "10.0.0.2:80", Health: "unhealthy", LastErr: "connection refused"},
		},
	})
	want := []answer{
		{"ServerId": "i-1", "Address": "10.0.0.1:80", "HealthStatus": "healthy"},
		{"ServerId": "i-2", "Address": "10.0.0.2:80", "HealthStatus": "unhealthy", "Reason": "connection refused"},
	}
	if diff := cmp.Diff(want, w.describe(lb).list("BackendHealth")); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
}

func TestDescribeLoadBalancerListeners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, id := w.loadBalancer(), w.certificate("web")
	for _, port := range []string{"8443", "443", "9443"} {
		w.do("CreateLoadBalancerHTTPSListener", listener(lb, id).with(params{
			"ListenerPort": port, "Description": "at " + port, "ForwardPort": "80", "BackendServerPort": "8080",
		}))
	}
	for _, tt := range []struct {
		p    params
		want []string
	}{
		{nil, []string{"443", "8443", "9443"}},
		{params{"ListenerPort": "8443"}, []string{"8443"}},
		{params{"Description": "at 443"}, []string{"443"}},
		{params{"Description": "at 443", "ListenerPort": "8443"}, nil},
		{params{"PageSize": "2", "PageNumber": "2"}, []string{"9443"}},
	} {
		a := w.do("DescribeLoadBalancerListeners", tt.p.with(params{"LoadBalancerId": lb}))
		if diff := cmp.Diff(tt.want, texts(a.list("Listeners", "Listener"), "ListenerPort")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.p, diff)
		}
	}
	got := w.do("DescribeLoadBalancerListeners", params{"LoadBalancerId": lb}).list("Listeners", "Listener")[0]
	want := answer{
		"LoadBalancerId": lb, "ListenerPort": "443", "Protocol": "https", "Description": "at 443", "Status": "stopped",
		"ListenerForward": "off", "ForwardPort": "80", "CreateTime": "2026-03-27T12:00:00Z", "BackendServerPort": 8080.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	w.refuse("DescribeLoadBalancerListeners", params{"LoadBalancerId": "lb-none"}, "LoadBalancerNotFound")
}
