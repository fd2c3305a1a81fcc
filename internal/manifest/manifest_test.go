package manifest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const shop = `LoadBalancers:
- LoadBalancerName: shop
  BackendServers:
  - {ServerId: i-a, Ip: 10.0.0.1, Port: 80}
  Listeners:
  - ListenerPort: 443
    ServerCertificateId: "60276"
    HealthCheck: off
`

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ what, from, to, want string }{
		{"an unknown field", "BackendServers", "Backends", `line 3: no field "Backends" is known here; there are `},
		{"a field in other letters", "HealthCheck: off", "healthcheck: off", `line 8: no field "healthcheck" is known here, but HealthCheck`},
		{"a field that is missing", "LoadBalancerName: shop", "PayType: PostPaid", "line 2: LoadBalancerName is missing"},
		{"a field twice", "Ip: 10.0.0.1", "Ip: 10.0.0.1, Ip: 10.0.0.2", "line 4: Ip is there twice"},
		{"a value out of range", "HealthCheck: off", "HealthCheck: off\n    IdleTimeout: 61", "line 6: IdleTimeout must be from 1 to 60"},
		{"a value that is missing under a condition", "HealthCheck: off", "HealthCheck: off\n    StickySessionType: insert", "line 6: MissingCookieTimeout"},
		{"no certificate", "ServerCertificateId: \"60276\"", "Scheduler: rr", "line 6: give either Certificate, a name, or ServerCertificateId"},
		{"two certificates", "HealthCheck: off", "HealthCheck: off\n    Certificate: shop", "line 6: give either Certificate, a name, or ServerCertificateId"},
		{"a status that is none", "HealthCheck: off", "HealthCheck: off\n    Status: Up", `line 9: Status: want Running or Stopped, got "Up"`},
		{"a list where one value belongs", "Ip: 10.0.0.1", "Ip: [10.0.0.1]", "line 4: Ip: want one value"},
		{"one value where a list belongs", "BackendServers:\n  - {ServerId: i-a, Ip: 10.0.0.1, Port: 80}", "BackendServers: i-a", "line 3: BackendServers: want a list"},
		{"a list where an object belongs", "- {ServerId: i-a, Ip: 10.0.0.1, Port: 80}", "- [i-a]", "line 4: want an object with "},
		{"a backend twice", "- {ServerId: i-a", "- {ServerId: i-a, Ip: 10.0.0.1, Port: 80}\n  - {ServerId: i-a", "line 5: backend i-a with Port 80 was there in line 4 already"},
		{"a backend twice, with another address", "- {ServerId: i-a", "- {ServerId: i-a, Ip: 10.0.0.9, Port: 080}\n  - {ServerId: i-a", "line 5: backend i-a with Port 80 was there in line 4 already"},
		{"an address that is none", "Ip: 10.0.0.1", "Ip: 10.0.0.256", "line 4: BackendServers.1.Ip must be an IPv4 or IPv6 address"},
		{"a port that is none", "Port: 80", "Port: 65536", "line 4: BackendServers.1.Port must be from 0 to 65535"},
		{"a weight that is none", "Port: 80", "Weight: 101", "line 4: BackendServers.1.Weight must be from 0 to 100"},
		{"a server that is none", "ServerId: i-a", "ServerId: a", "line 4: BackendServers.1.ServerId must be"},
		{"a listener twice", "  - ListenerPort: 443", "  - {ListenerPort: 443, ServerCertificateId: 1, HealthCheck: off}\n  - ListenerPort: 0443", "line 7: "},
		{"a specification that is none", "LoadBalancerName: shop", "LoadBalancerName: shop\n  LoadBalancerSpec: big", "line 2: LoadBalancerSpec must be "},
		{"what is no YAML", "LoadBalancers:", "LoadBalancers: [", "yaml: "},
	} {
		t.Run(tt.what, func(t *testing.T) {
			text := strings.Replace(shop, tt.from, tt.to, 1)
			if text == shop {
				t.Fatalf("%q is not in the file", tt.from)
			}
			_, err := Read([]byte(text), ".")
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s…", err, tt.want)
			}
		})
	}
}

// A file cut off anywhere is read or refused, and never ends the program.
func TestReadCutOff(t *testing.T) {
	for n := range len(shop) {
		if m, err := Read([]byte(shop[:n]), "."); err == nil && len(m.LoadBalancers) > 0 && m.LoadBalancers[0].Name != "shop"[:len(m.LoadBalancers[0].Name)] {
			t.Errorf("the first %d bytes gave %+v", n, m)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte(edge))
	f.Add([]byte("Certificates: [{Name: a, Cert: '-----BEGIN X', Key: '-----BEGIN X'}]"))
	f.Add([]byte("LoadBalancers: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "Cert") {
			return // would read any file of this machine
		}
		m, err := Read(text, t.TempDir())
		if err != nil {
			return
		}
		if _, err := Plan(m, new(State), Options{Prune: true}); err != nil && !strings.Contains(err.Error(), "certificate") && !strings.Contains(err.Error(), "InActive") &&
			!strings.Contains(err.Error(), "neither the file nor") {
			t.Errorf("what was read cannot be planned: %v", err)
		}
	})
}

// stored is a server that has what a manifest asks for.
func stored(t *testing.T, text string) *State {
	t.Helper()
	m, err := Read([]byte(text), ".")
	if err != nil {
		t.Fatal(err)
	}
	s := &State{Certificates: []StoredCertificate{{"60276", "old", "AA"}, {"60277", "unused", "BB"}}}
	for _, lb := range m.LoadBalancers {
		s.LoadBalancers = append(s.LoadBalancers, StoredLoadBalancer{ID: "lb-1", LoadBalancer: lb})
	}
	return s
}

func TestPlan(t *testing.T) {
	both := strings.Replace(shop, "  Listeners:", "  - {ServerId: i-b, Ip: 10.0.0.2, Port: 80}\n  Listeners:", 1)
	for _, tt := range []struct {
		what     string
		from, to string // exchanged in the file
		server   string // what the server was made from
		options  Options
		want     string // steps, or an error
	}{
		{"nothing to do", "", "", shop, Options{}, ""},
		{"a default that is written out", "HealthCheck: off", "HealthCheck: off\n    Scheduler: wrr", shop, Options{}, ""},
		{
			"all of it", "", "", "",
			Options{},
			"+ load balancer shop CreateLoadBalancer\n+ backends of shop AddBackendServers\n" +
				"+ listener shop:443 CreateLoadBalancerHTTPSListener StartLoadBalancerListener(ListenerProtocol=https)\n",
		},
		{"a certificate by name", `ServerCertificateId: "60276"`, "Certificate: old", shop, Options{}, ""},
		{
			"another certificate", "60276", "60277", shop,
			Options{},
			"~ listener shop:443 SetLoadBalancerHTTPSListenerAttribute(ServerCertificateId=60277)\n",
		},
		{"a certificate that nobody has", `ServerCertificateId: "60276"`, "Certificate: lost", shop, Options{}, "neither the file nor the server has a certificate lost"},
		{"a setting", "HealthCheck: off", "HealthCheck: on", shop, Options{}, "~ listener shop:443 SetLoadBalancerHTTPSListenerAttribute(HealthCheck=on)\n"},
		{
			"a setting that cannot be changed", "HealthCheck: off", "HealthCheck: off\n    BackendServerPort: 81", shop,
			Options{},
			"± listener shop:443 DeleteLoadBalancerListener(ListenerProtocol=https) CreateLoadBalancerHTTPSListener StartLoadBalancerListener(ListenerProtocol=https)\n",
		},
		{"a stop", "HealthCheck: off", "HealthCheck: off\n    Status: Stopped", shop, Options{}, "~ listener shop:443 StopLoadBalancerListener(ListenerProtocol=https)\n"},
		{"a weight", "Port: 80", "Port: 80, Weight: 0", shop, Options{}, "~ backends of shop SetBackendServers\n"},
		{
			"back to the defaults of a check", "HealthCheck: off", "HealthCheck: on\n    HealthCheckURI: /\n    HealthCheckDomain: $_ip\n    HealthCheckConnectPort: 0",
			strings.Replace(shop, "HealthCheck: off", "HealthCheck: on\n    HealthCheckURI: /up\n    HealthCheckDomain: a.test\n    HealthCheckConnectPort: 81", 1),
			Options{},
			"~ listener shop:443 SetLoadBalancerHTTPSListenerAttribute HealthCheckConnectPort=0 HealthCheckDomain=$_ip HealthCheckURI=/\n",
		},
		{
			"back to one default of a check", "HealthCheck: off", "HealthCheck: on\n    HealthCheckURI: /",
			strings.Replace(shop, "HealthCheck: off", "HealthCheck: on\n    HealthCheckURI: /up", 1),
			Options{},
			"~ listener shop:443 SetLoadBalancerHTTPSListenerAttribute(HealthCheckURI=/)\n",
		},
		{
			"defaults of a check that are there", "HealthCheck: off", "HealthCheck: on\n    HealthCheckURI: /\n    HealthCheckDomain: $_ip\n    HealthCheckConnectPort: 0",
			strings.Replace(shop, "HealthCheck: off", "HealthCheck: on", 1),
			Options{},
			"",
		},
		{
			"a check that says nothing of its page leaves it", "HealthCheck: off", "HealthCheck: on",
			strings.Replace(shop, "HealthCheck: off", "HealthCheck: on\n    HealthCheckURI: /up", 1),
			Options{},
			"",
		},
		{"a weight and a port in other spellings", "Port: 80", "Port: 080, Weight: 0100", shop, Options{}, ""},
		{"an address in another spelling", "10.0.0.1", "::ffff:10.0.0.1", shop, Options{}, ""},
		{"no port", "Port: 80", "Port: 0", strings.Replace(shop, ", Port: 80", "", 1), Options{}, ""},
		{
			"another address on the same port", "10.0.0.1", "10.0.0.9", both,
			Options{},
			"- backends of shop RemoveBackendServers\n+ backends of shop AddBackendServers\n- backends of shop RemoveBackendServers\n",
		},
		{"backends come before others leave", "i-a", "i-c", both, Options{}, "+ backends of shop AddBackendServers\n- backends of shop RemoveBackendServers\n"},
		{
			"a port", "443", "444", shop,
			Options{},
			"- listener shop:443 DeleteLoadBalancerListener(ListenerProtocol=https)\n+ listener shop:444 CreateLoadBalancerHTTPSListener StartLoadBalancerListener(ListenerProtocol=https)\n",
		},
		{"inactive", "Name: shop", "Name: shop\n  LoadBalancerStatus: InActive", shop, Options{}, "~ load balancer shop SetLoadBalancerStatus(LoadBalancerStatus=InActive)\n"},
		{
			"another name leaves the other alone", "Name: shop", "Name: blog", shop,
			Options{},
			"+ load balancer blog CreateLoadBalancer\n+ backends of blog AddBackendServers\n" +
				"+ listener blog:443 CreateLoadBalancerHTTPSListener StartLoadBalancerListener(ListenerProtocol=https)\n",
		},
		{
			"pruned", shop, "LoadBalancers: []", shop,
			Options{Prune: true},
			"- load balancer shop ReleaseInstance(InstanceId=lb-1)\n- certificate old DeleteUserCertificate(CertId=60276)\n" +
				"- certificate unused DeleteUserCertificate(CertId=60277)\n",
		},
		{"what is used is not pruned", "", "", shop, Options{Prune: true}, "- certificate unused DeleteUserCertificate(CertId=60277)\n"},
		{"what cannot change", "Name: shop", "Name: shop\n  VSwitchId: vsw-2", shop, Options{}, "VSwitchId is vsw-default and cannot be made vsw-2"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			m, err := Read([]byte(strings.Replace(shop, tt.from, tt.to, 1)), ".")
			if err != nil {
				t.Fatal(err)
			}
			steps, err := Plan(m, stored(t, tt.server), tt.options)
			got := describe(steps)
			if err != nil {
				got = err.Error()
			}
			if err == nil && got != tt.want || err != nil && (tt.want == "" || !strings.Contains(got, tt.want)) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// describe is a line for each step: what it is, and its calls. Those of one
// parameter beside the listener are shown with it; lb-1 is whose they all are.
func describe(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %s", s.Change, s.What)
		for _, r := range s.calls {
			var params []string
			for name, value := range r.params {
				if name != "ListenerPort" && name != "BackendServers" && name+value != "LoadBalancerIdlb-1" {
					params = append(params, name+"="+value)
				}
			}
			slices.Sort(params)
			b.WriteString(" " + r.action)
			switch {
			case len(params) == 1:
				b.WriteString("(" + params[0] + ")")
			case r.action == setListener("https"):
				b.WriteString(" " + strings.Join(params, " "))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
