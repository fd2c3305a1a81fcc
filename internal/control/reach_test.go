package control_test

import (
	"net/netip"
	"testing"

	"elbow/internal/control"
	"elbow/internal/elb"
)

// reaching replaces the service by one with this Reach.
func (w *world) reaching(r *elb.Reach) {
	w.service = control.New(control.Config{Store: w.store, Now: w.clock, Reach: r})
	w.handlers = w.service.Handlers()
}

// A backend that is not allowed is refused when it is added, in every spelling,
// and by way of a listener's ports as well; refuse checks that nothing was
// written.
func TestBackendsOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reaching(&elb.Reach{Own: func() []netip.AddrPort {
		return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8095"), netip.MustParseAddrPort("127.0.0.1:8096")}
	}})
	lb, cert := w.loadBalancer(), w.certificate("web")
	for _, tt := range []struct{ backend, want string }{
		{`{"ServerId":"i-1","Ip":"169.254.169.254"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"::ffff:169.254.169.254"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"::ffff:a9fe:a9fe"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"64:ff9b::169.254.169.254"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"fe80::1"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"0.0.0.0"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"::"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"224.0.0.1"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"ff02::1"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"255.255.255.255"}`, "InvalidIp"},
		{`{"ServerId":"i-1","Ip":"127.0.0.1","Port":"8095"}`, "InvalidPort"},
		{`{"ServerId":"i-1","Ip":"127.0.0.1","Port":8096}`, "InvalidPort"},
		{`{"ServerId":"i-1","Ip":"::ffff:127.0.0.1","Port":8096}`, "InvalidPort"},
		{`{"ServerId":"i-0","Ip":"127.0.0.1","Port":80},{"ServerId":"i-1","Ip":"127.0.0.1","Port":8096}`, "InvalidPort"},
	} {
		w.refuse("AddBackendServers", items(lb, tt.backend), tt.want)
	}
	w.do("AddBackendServers", items(lb, `{"ServerId":"i-1","Ip":"127.0.0.1"}`, `{"ServerId":"i-2","Ip":"127.0.0.1","Port":8097}`))

	// The port may come from a listener, for requests or for probes.
	w.refuse("CreateLoadBalancerHTTPSListener", listener(lb, cert).with(params{"BackendServerPort": "8096"}), "InvalidParameter.BackendServerPort")
	w.refuse("CreateLoadBalancerHTTPSListener", listener(lb, cert).with(params{"ListenerPort": "8095"}), "InvalidParameter.BackendServerPort")
	w.refuse("CreateLoadBalancerHTTPSListener", listener(lb, cert).with(params{"HealthCheckConnectPort": "8096"}), "InvalidParameter.HealthCheckConnectPort")
	w.do("CreateLoadBalancerHTTPSListener", listener(lb, cert))
	port := listener(lb, cert)["ListenerPort"]
	w.refuse("SetLoadBalancerHTTPSListenerAttribute", params{"LoadBalancerId": lb, "ListenerPort": port, "HealthCheckConnectPort": "8096"}, "InvalidParameter.HealthCheckConnectPort")

	other := w.loadBalancer()
	w.do("CreateLoadBalancerHTTPSListener", listener(other, cert).with(params{"BackendServerPort": "8096"}))
	w.refuse("AddBackendServers", items(other, `{"ServerId":"i-1","Ip":"127.0.0.1"}`), "InvalidIp")
	w.do("AddBackendServers", items(other, `{"ServerId":"i-1","Ip":"127.0.0.2"}`))
}

// With networks chosen by the operator nothing else is accepted; a backend that
// is in the pool already can be changed in weight and removed, and its listener
// be changed.
func TestBackendNetworks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, cert := w.loadBalancer(), w.certificate("web")
	w.do("AddBackendServers", items(lb, `{"ServerId":"i-old","Ip":"192.0.2.1","Port":80}`))
	networks, err := elb.ParseNetworks("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	w.reaching(&elb.Reach{Networks: networks})
	w.refuse("AddBackendServers", items(lb, `{"ServerId":"i-1","Ip":"192.0.2.2"}`), "InvalidIp")
	w.do("AddBackendServers", items(lb, `{"ServerId":"i-1","Ip":"10.0.0.1"}`))
	w.do("CreateLoadBalancerHTTPSListener", listener(lb, cert))
	w.do("SetBackendServers", items(lb, `{"ServerId":"i-old","Weight":"5"}`))
	w.do("RemoveBackendServers", items(lb, `{"ServerId":"i-old"}`))
}
