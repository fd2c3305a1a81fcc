package manifest

import (
	"maps"
	"strings"
	"testing"
)

// A listener that is deleted and created again keeps fields that the file leaves out and that
// have no default, as one that is changed in place does.
func TestReplacedListenerKeepsWhatTheFileLeavesOut(t *testing.T) {
	const before = "HealthCheck: on\n    HealthCheckURI: /up\n    HealthCheckDomain: a.test\n    HealthCheckConnectPort: 81\n" +
		"    BackendServerPort: 8080\n    Description: old\n    StickySessionType: insert\n    CookieTimeout: 77"
	s := stored(t, strings.Replace(shop, "HealthCheck: off", before, 1))
	steps, err := planOf(t, strings.Replace(shop, "HealthCheck: off",
		"HealthCheck: on\n    ListenerForward: on\n    ForwardPort: 81\n    HealthCheckDomain: $_ip", 1), s, Options{})
	if err != nil || len(steps) != 1 || steps[0].Change != Replace {
		t.Fatalf("got %s, %v", describe(steps), err)
	}
	got := maps.Clone(steps[0].calls[1].params)
	want := map[string]string{
		"HealthCheckURI": "/up", "HealthCheckDomain": "", "HealthCheckConnectPort": "81", "BackendServerPort": "8080",
		"Description": "", "StickySession": "off", "StickySessionType": "insert", "CookieTimeout": "77", "ForwardPort": "81",
		"ServerCertificateId": "60276",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: got %q, want %q", name, got[name], value)
		}
	}
	// The listener that comes out of it is the one that the file describes.
	m, err := Read([]byte(strings.Replace(shop, "HealthCheck: off", "HealthCheck: on\n    ListenerForward: on\n    ForwardPort: 81", 1)), ".")
	if err != nil {
		t.Fatal(err)
	}
	s.LoadBalancers[0].Listeners[0].Fields = got
	delete(got, "LoadBalancerId")
	delete(got, "ListenerPort")
	if steps, err := Plan(m, s, Options{}); err != nil || len(steps) > 0 {
		t.Errorf("again: got %s, %v", describe(steps), err)
	}
}

// A port of redirects is given up before another listener takes it.
func TestListenersThatHandOverAPort(t *testing.T) {
	forward := strings.Replace(shop, "HealthCheck: off", "HealthCheck: off\n    ListenerForward: on\n    ForwardPort: 80", 1)
	const other = "  - ListenerPort: 80\n    ServerCertificateId: \"60276\"\n    HealthCheck: off\n"
	steps, err := planOf(t, strings.Replace(shop, "  - ListenerPort: 443", other+"  - ListenerPort: 443", 1), stored(t, forward), Options{})
	want := "± listener shop:443 DeleteLoadBalancerListener(ListenerProtocol=https) CreateLoadBalancerHTTPSListener StartLoadBalancerListener(ListenerProtocol=https)\n" +
		"+ listener shop:80 CreateLoadBalancerHTTPSListener StartLoadBalancerListener(ListenerProtocol=https)\n"
	if got := describe(steps); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := Read([]byte(forward+other), "."); err == nil || !strings.HasPrefix(err.Error(), "line 11: port 80 was there in line 6 already") {
		t.Errorf("a port for both: got %v", err)
	}
}

func TestBackendOfAnotherType(t *testing.T) {
	s := stored(t, strings.Replace(shop, "Port: 80", "Port: 80, Type: eni", 1))
	steps, err := planOf(t, shop, s, Options{})
	want := "- backends of shop RemoveBackendServers\n+ backends of shop AddBackendServers\n"
	if got := describe(steps); err != nil || got != want || steps[0].Details[0] != "i-a 10.0.0.1:80 of Type eni becomes ens" {
		t.Errorf("got %s, %v, %q", got, err, steps)
	}
}

// A second document is refused: a plan that prunes would release what it has.
func TestReadOneDocument(t *testing.T) {
	for text, want := range map[string]string{
		shop + "---\n" + shop:                  "line 10: a second document begins",
		"---\n---\n" + shop:                    "line 3: a second document begins",
		shop + "---\n---\nLoadBalancers: []\n": "line 11: a second document begins",
		shop + "...\n---\n# nothing\n":         "",
		"# shop\n---\n" + shop + "...\n":       "",
		shop + "---\n":                         "",
		shop + "---\n[":                        "yaml: ",
		"":                                     "",
		"\n# nothing\n":                        "",
	} {
		m, err := Read([]byte(text), ".")
		switch {
		case want == "" && (err != nil || len(m.LoadBalancers) != strings.Count(text, "Name:")):
			t.Errorf("%q: got %+v, %v", text, m, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)):
			t.Errorf("%q: got %v, want %s…", text, err, want)
		}
	}
}
