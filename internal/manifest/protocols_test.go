package manifest

import (
	"strings"
	"testing"
)

const protocolsFile = `LoadBalancers:
- LoadBalancerName: shop
  BackendServers: []
  Listeners:
  - {ListenerPort: 80, Protocol: http, HealthCheck: off, ListenerForward: on, ForwardPort: 443}
  - {ListenerPort: 443, ServerCertificateId: "60276", HealthCheck: off}
  - {ListenerPort: 53, Protocol: tcp, PersistenceTimeout: 60}
  - {ListenerPort: 53, Protocol: udp, HealthCheckReq: ping, Status: Stopped}
`

func TestListenersOfEveryProtocol(t *testing.T) {
	for _, tt := range []struct{ what, from, to, want string }{
		{"nothing to do", "Protocol: tcp", "Protocol: tcp", ""},
		{"a setting of one of two on a port", "HealthCheckReq: ping", "HealthCheckReq: pong", "~ listener shop:53/udp SetLoadBalancerUDPListenerAttribute(HealthCheckReq=pong)\n"},
		{"a start of one of two on a port", ", Status: Stopped", "", "~ listener shop:53/udp StartLoadBalancerListener(ListenerProtocol=udp)\n"},
		{"another protocol", "Protocol: tcp, PersistenceTimeout: 60", "Protocol: http, HealthCheck: off", "± listener shop:53/http DeleteLoadBalancerListener(ListenerProtocol=tcp) CreateLoadBalancerHTTPListener StartLoadBalancerListener(ListenerProtocol=http)\n"},
		{"one of two on a port is gone", "  - {ListenerPort: 53, Protocol: tcp, PersistenceTimeout: 60}\n", "", "- listener shop:53/tcp DeleteLoadBalancerListener(ListenerProtocol=tcp)\n"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			steps, err := planOf(t, strings.Replace(protocolsFile, tt.from, tt.to, 1), stored(t, protocolsFile), Options{})
			if got := describe(steps); err != nil || got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	// The listener that redirects comes after the one that it redirects to.
	steps, err := planOf(t, protocolsFile, new(State), Options{})
	got := describe(steps)
	if err != nil || strings.Index(got, "shop:80/http") < strings.Index(got, "shop:443 ") {
		t.Errorf("got %s, %v", got, err)
	}
	var out strings.Builder
	if err := Write(&out, stored(t, protocolsFile), nil); err != nil {
		t.Fatal(err)
	}
	if steps, err := planOf(t, out.String(), stored(t, protocolsFile), Options{Prune: false}); err != nil || len(steps) > 0 {
		t.Errorf("written: got %s, %v from\n%s", describe(steps), err, out.String())
	}
}

func TestProtocolsRefused(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"Protocol: tcp", "Protocol: sctp", `line 7: no field "PersistenceTimeout" is known here`},
		{"Protocol: tcp, PersistenceTimeout: 60", "Protocol: sctp", `line 7: Protocol: want https, http, tcp or udp, got "sctp"`},
		{"PersistenceTimeout: 60", "Certificate: a", "line 7: a listener with the Protocol tcp has no Certificate"},
		{"PersistenceTimeout: 60", "ServerCertificateId: 7", `line 7: no field "ServerCertificateId" is known here`},
		{"PersistenceTimeout: 60", "ClientToken: a", `line 7: no field "ClientToken" is known here`},
		{"ListenerPort: 53, Protocol: udp", "ListenerPort: 4789, Protocol: udp", "line 8: ListenerPort must not be 250, 4789 or 4790"},
		{"ListenerPort: 53, Protocol: tcp", "ListenerPort: 80, Protocol: tcp", "line 7: port 80 was there in line 5 already"},
	} {
		_, err := Read([]byte(strings.Replace(protocolsFile, tt.from, tt.to, 1)), ".")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s…", tt.to, err, tt.want)
		}
	}
}
