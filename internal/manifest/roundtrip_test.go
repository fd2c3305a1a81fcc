package manifest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts are those that YAML 1.1 or 1.2 takes for something else than a text.
var texts = []string{
	"null", "~", "Null", "on", "off", "yes", "No", "y", "n", "true", "1_000", "0", "00", "0x1f", "0o17", "1e3", ".inf", ".nan", "2026-11-30",
	"=", "<<", "12:30:45", " a", "a ", "a: b", "a #b", "#", "- a", "[", "{", "*a", "&a", "!a", "%", "@", "`", "'", "\"", "\n", "a\nb", "\x1b", "\u2028",
}

// What is exported and applied to the same server changes nothing, whatever the
// names and descriptions are, and is read as the same values.
func TestExportedAppliesWithoutChange(t *testing.T) {
	for _, text := range texts {
		requireSame(t, text, text, text, strings.Map(tokenOnly, text))
	}
	anything := rapid.StringN(1, 80, -1)
	token := rapid.StringOfN(rapid.RuneFrom([]rune("abnotyesful~0123456789._-+!#%&'*^`|")), 1, 20, -1)
	rapid.Check(t, func(t *rapid.T) {
		name := anything.Filter(func(s string) bool { return !strings.HasPrefix(strings.ToLower(s), "http") })
		requireSame(t, name.Draw(t, "name"), name.Draw(t, "description"), anything.Draw(t, "certificate"), token.Draw(t, "cookie"))
	})
}

// tokenOnly leaves what the name of a cookie may be made of (RFC 9110, 5.6.2).
func tokenOnly(r rune) rune {
	if r > ' ' && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}$`, r) {
		return r
	}
	return -1
}

func requireSame(t rapid.TB, name, description, certificate, cookie string) {
	t.Helper()
	fields := map[string]string{"HealthCheck": "off", "Description": description, "ServerCertificateId": "7"}
	if cookie != "" {
		fields["StickySession"], fields["StickySessionType"], fields["Cookie"] = "on", "server", cookie
	}
	var l Listener
	l.Port, l.Protocol, l.Running = "443", "https", true
	if err := l.fill(fields); err != nil {
		t.Fatalf("%q %q: %v", description, cookie, err)
	}
	lb := LoadBalancer{Name: name, Fields: loadBalancerDefaults, Active: true, Listeners: []Listener{l}}
	lb.Backends = []Backend{{ServerID: "i-on", IP: "10.0.0.1", Port: "0", Type: "ens", Weight: "100"}}
	s := &State{
		Certificates:  []StoredCertificate{{"7", certificate, "AA"}},
		LoadBalancers: []StoredLoadBalancer{{ID: "lb-1", LoadBalancer: lb}},
	}
	var out strings.Builder
	if err := Write(&out, s, nil); err != nil {
		t.Fatal(err)
	}
	m, err := Read([]byte(out.String()), ".")
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	steps, err := Plan(m, s, Options{Prune: true})
	if err != nil || len(steps) > 0 {
		t.Fatalf("%q %q %q %q: got %s, %v from\n%s", name, description, certificate, cookie, describe(steps), err, out.String())
	}
	if got := m.LoadBalancers[0].Listeners[0].Fields["Description"]; got != description {
		t.Fatalf("description %q became %q in\n%s", description, got, out.String())
	}
}
