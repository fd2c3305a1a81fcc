package api

import (
	"maps"
	"testing"
)

// What the documents say of TCP, UDP and HTTP listeners beyond the boundaries of single
// rows, which TestEveryRowAtItsBoundaries tries.
func TestBindTransportListeners(t *testing.T) {
	for _, tt := range []struct {
		action string
		set    map[string]string
		want   string
	}{
		{"CreateLoadBalancerTCPListener", nil, ""},
		{"CreateLoadBalancerTCPListener", map[string]string{"HealthCheckType": "http", "HealthCheckHttpCode": "http_2xx,http_3xx"}, ""},
		{"CreateLoadBalancerTCPListener", map[string]string{"HealthCheckURI": "up"}, "InvalidHealthCheckURI"},
		{"CreateLoadBalancerTCPListener", map[string]string{"ProxyProtocol": "v1"}, "InvalidProxyProtocol"},
		{"CreateLoadBalancerTCPListener", map[string]string{"EstablishedTimeout": "9"}, "InvalidEstablishedTimeout"},
		{"CreateLoadBalancerTCPListener", map[string]string{"PersistenceTimeout": "3601"}, "InvalidPersistenceTimeout"},
		{"CreateLoadBalancerUDPListener", nil, ""},
		{"CreateLoadBalancerUDPListener", map[string]string{"ListenerPort": "250"}, "InvalidListenerPort"},
		{"CreateLoadBalancerUDPListener", map[string]string{"ListenerPort": "4789"}, "InvalidListenerPort"},
		{"CreateLoadBalancerUDPListener", map[string]string{"ListenerPort": "4790"}, "InvalidListenerPort"},
		{"CreateLoadBalancerUDPListener", map[string]string{"ListenerPort": "4791"}, ""},
		{"CreateLoadBalancerUDPListener", map[string]string{"HealthCheckReq": "a b"}, "InvalidHealthCheckReq"},
		{"CreateLoadBalancerUDPListener", map[string]string{"HealthCheckExp": "ok\r\n"}, "InvalidHealthCheckExp"},
		{"CreateLoadBalancerTCPListener", map[string]string{"ListenerPort": "4789"}, ""},
		{"CreateLoadBalancerHTTPListener", nil, "MissingHealthCheck"},
		{"CreateLoadBalancerHTTPListener", map[string]string{"HealthCheck": "off", "ForwardPort": "0"}, ""},
		{"CreateLoadBalancerHTTPListener", map[string]string{"HealthCheck": "off", "ListenerForward": "on"}, "MissingForwardPort"},
		{"CreateLoadBalancerHTTPListener", map[string]string{"HealthCheck": "off", "ListenerForward": "on", "ForwardPort": "0"}, "InvalidParameter.ForwardPort"},
		{"CreateLoadBalancerHTTPListener", map[string]string{"HealthCheck": "on", "HealthCheckURI": "/"}, ""},
		{"SetLoadBalancerHTTPListenerAttribute", map[string]string{"Description": ""}, ""},
		{"SetLoadBalancerTCPListenerAttribute", map[string]string{"PersistenceTimeout": "0", "HealthCheckConnectPort": "0"}, ""},
		{"SetLoadBalancerUDPListenerAttribute", map[string]string{"EstablishedTimeout": "901"}, "InvalidEstablishedTimeout"},
	} {
		values := map[string]string{"LoadBalancerId": "lb-1", "ListenerPort": "53"}
		maps.Copy(values, tt.set)
		if got := code(Bind(operation(t, tt.action).New(), values)); got != tt.want {
			t.Errorf("%s %v: got code %q, want %q", tt.action, tt.set, got, tt.want)
		}
	}
}
