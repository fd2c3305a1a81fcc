package control_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func on(lb, port string) params { return params{"LoadBalancerId": lb, "ListenerPort": port} }

func TestTransportListenersAsDescribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	for _, tt := range []struct {
		protocol string
		given    params
		want     answer
		set      params
		changed  answer
	}{
		{
			"TCP",
			params{"BackendServerPort": "8080"},
			answer{
				"BackendServerPort": 8080.0, "Bandwidth": -1.0, "Description": "", "EipTransmit": "off", "EstablishedTimeout": 900.0,
				"HealthCheck": "on", "HealthCheckConnectPort": 0.0, "HealthCheckConnectTimeout": 5.0, "HealthCheckDomain": "",
				"HealthCheckHttpCode": "http_2xx", "HealthCheckInterval": 2.0, "HealthCheckType": "tcp", "HealthCheckURI": "",
				"HealthyThreshold": 3.0, "ListenerPort": 53.0, "PersistenceTimeout": 0.0, "Scheduler": "wrr", "Status": "Stopped",
				"UnhealthyThreshold": 3.0, "LoadBalancerId": lb, "Protocol": "tcp", "ProxyProtocol": "off",
			},
			params{"PersistenceTimeout": "60", "ProxyProtocol": "v2", "HealthCheckType": "http", "HealthCheckURI": "/up"},
			answer{"PersistenceTimeout": 60.0, "ProxyProtocol": "v2", "HealthCheckType": "http", "HealthCheckURI": "/up"},
		},
		{
			"UDP",
			params{"HealthCheckReq": "ping", "HealthCheckExp": "pong"},
			answer{
				"BackendServerPort": 0.0, "Bandwidth": -1.0, "Description": "", "EipTransmit": "off", "EstablishedTimeout": 900.0,
				"HealthCheck": "on", "HealthCheckConnectPort": 0.0, "HealthCheckConnectTimeout": 5.0, "HealthCheckExp": "pong",
				"HealthCheckInterval": 2.0, "HealthCheckReq": "ping", "HealthyThreshold": 3.0, "ListenerPort": 53.0,
				"Scheduler": "wrr", "Status": "Stopped", "UnhealthyThreshold": 3.0, "LoadBalancerId": lb, "Protocol": "udp",
			},
			params{"EstablishedTimeout": "10", "EipTransmit": "on"},
			answer{"EstablishedTimeout": 10.0, "EipTransmit": "on"},
		},
	} {
		w.do("CreateLoadBalancer"+tt.protocol+"Listener", on(lb, "53").with(tt.given))
		describe := func() answer { return w.do("DescribeLoadBalancer"+tt.protocol+"ListenerAttribute", on(lb, "53")) }
		if diff := cmp.Diff(tt.want, describe()); diff != "" {
			t.Errorf("%s created (-want +got):\n%s", tt.protocol, diff)
		}
		w.do("SetLoadBalancer"+tt.protocol+"ListenerAttribute", on(lb, "53").with(tt.set))
		for name, value := range tt.changed {
			tt.want[name] = value
		}
		if diff := cmp.Diff(tt.want, describe()); diff != "" {
			t.Errorf("%s changed (-want +got):\n%s", tt.protocol, diff)
		}
	}
	// Both have the port; the list contains it once.
	if got := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb})["ListenerPorts"]; !cmp.Equal(got, []any{"53"}) {
		t.Errorf("ListenerPorts: %v", got)
	}
}

// TCP, HTTP and HTTPS exclude each other on a port; UDP is independent of them.
func TestPortsOfEveryProtocol(t *testing.T) {
	t.Parallel()
	w, lb, id := newSite(t)
	off := params{"HealthCheck": "off", "ServerCertificateId": id}
	for _, first := range []string{"TCP", "HTTP", "HTTPS", "UDP"} {
		for _, second := range []string{"TCP", "HTTP", "HTTPS", "UDP"} {
			w.do("CreateLoadBalancer"+first+"Listener", on(lb, "7000").with(off))
			if (first == "UDP") == (second == "UDP") {
				w.refuse("CreateLoadBalancer"+second+"Listener", on(lb, "7000").with(off), "ListenerAlreadyExists")
			} else {
				w.do("CreateLoadBalancer"+second+"Listener", on(lb, "7000").with(off))
				w.do("DeleteLoadBalancerListener", on(lb, "7000").with(params{"ListenerProtocol": map[bool]string{true: "udp", false: lower[first]}[second == "UDP"]}))
			}
			w.do("DeleteLoadBalancerListener", on(lb, "7000"))
		}
	}
}

var lower = map[string]string{"TCP": "tcp", "HTTP": "http", "HTTPS": "https", "UDP": "udp"}

func TestForwardOfHTTPListener(t *testing.T) {
	t.Parallel()
	w, lb, _ := newSite(t)
	forward := func(to string) params {
		return on(lb, "80").with(params{"HealthCheck": "off", "ListenerForward": "on", "ForwardPort": to})
	}
	w.do("CreateLoadBalancerTCPListener", on(lb, "8443"))
	for _, to := range []string{"444", "8443"} {
		w.refuse("CreateLoadBalancerHTTPListener", forward(to), "ens.interface.error")
	}
	w.do("CreateLoadBalancerHTTPListener", forward("443"))
	w.refuse("DescribeLoadBalancerHTTPSListenerAttribute", on(lb, "80"), "ListenerNotFound")
	w.refuse("SetLoadBalancerTCPListenerAttribute", on(lb, "80"), "ListenerNotFound")
	w.refuse("DeleteLoadBalancerHTTPListener", on443(lb), "ListenerNotFound")
	w.do("DeleteLoadBalancerHTTPListener", on(lb, "80"))
	w.refuse("DescribeLoadBalancerHTTPListenerAttribute", on(lb, "80"), "ListenerNotFound")
}

func TestClientTokenOfTCPListener(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	call := on(lb, "25").with(params{"ClientToken": "t"})
	w.do("CreateLoadBalancerTCPListener", call)
	w.do("CreateLoadBalancerTCPListener", call)
	w.refuse("CreateLoadBalancerTCPListener", call.with(params{"Scheduler": "rr"}), "IdempotentParameterMismatch")
	w.refuse("CreateLoadBalancerTCPListener", on(lb, "25"), "ListenerAlreadyExists")
}
