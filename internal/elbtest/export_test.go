package elbtest

import (
	"strconv"
	"strings"
	"testing"

	"elbow/internal/api"
)

// awkward are names that YAML parsers take for another type, that result in the same file
// name, or that are longer than CreateLoadBalancer accepts.
var awkward = []string{"null", "~", "on", "0", "12:30:45", "2026-11-30", "a/b", "a_b", " a: b # c ", strings.Repeat("long ", 24), "\x1b[31mred\a"}

// unusual returns a value of a listener's parameter that is not its default.
func unusual(r api.Param) string {
	switch s := r.Var.Shape(); {
	case r.Name == "ListenerPort":
		return "444"
	case r.Name == "StickySessionType":
		return "server"
	case strings.HasPrefix(s.Prefix, "/"):
		return "/on?off=~"
	case s.Many:
		return strings.Join(s.Enum[1:], ",")
	case len(s.Enum) > 0 && s.Enum[0] == "on":
		return "on"
	case len(s.Enum) > 0 && s.Enum[len(s.Enum)-1] != r.Default:
		return s.Enum[len(s.Enum)-1]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == api.Integer && r.Default != strconv.FormatInt(s.Max, 10):
		return strconv.FormatInt(s.Max, 10)
	case s.Type == api.Integer:
		return strconv.FormatInt(s.Min, 10)
	}
	return "null" // a text, a name, a host
}

// An exported file can be applied without a change, whatever the names are and although
// two load balancers have the same name. It can be applied to another server as well,
// except for those two, and the file says so.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	w := &world{node: n, Client: n.RPC(), pair: NewCertificate(t, SiteName)}
	c := newTerminal(t, n)
	named := func(name string) string {
		params := LoadBalancerParams()
		params["LoadBalancerName"] = name[:min(80, len(name))]
		var out struct{ LoadBalancerID string }
		w.must(t, "CreateLoadBalancer", params, &out)
		if len(name) > 80 {
			w.must(t, "ModifyLoadBalancerAttribute", map[string]string{"LoadBalancerId": out.LoadBalancerID, "LoadBalancerName": name}, nil)
		}
		return out.LoadBalancerID
	}
	certificates := make([]string, len(awkward))
	for i, name := range awkward {
		var out struct{ CertID int64 }
		w.must(t, "UploadUserCertificate", map[string]string{"Name": name[:min(64, len(name))], "Cert": w.pair.Chain, "Key": w.pair.Key}, &out)
		certificates[i] = strconv.FormatInt(out.CertID, 10)
		w.must(t, "CreateLoadBalancerHTTPSListener", map[string]string{
			"LoadBalancerId": named(name), "ListenerPort": "443", "HealthCheck": "off", "ServerCertificateId": strings.Join(certificates[i/2:i+1], ","),
			"Description": name[:min(80, len(name))],
		}, nil)
	}
	full := map[string]string{"LoadBalancerId": named("everything"), "ServerCertificateId": certificates[0]}
	for _, r := range operation(t, "CreateLoadBalancerHTTPSListener").New().Params() {
		if full[r.Name] == "" {
			full[r.Name] = unusual(r)
		}
	}
	w.must(t, "CreateLoadBalancerHTTPSListener", full, nil)
	for i, protocol := range []string{"HTTP", "TCP", "UDP"} {
		action := "CreateLoadBalancer" + protocol + "Listener"
		all := map[string]string{"LoadBalancerId": full["LoadBalancerId"], "ListenerPort": strconv.Itoa(7001 + i), "ListenerForward": "off"}
		for _, r := range operation(t, action).New().Params() {
			if all[r.Name] == "" && r.Name != "ClientToken" {
				all[r.Name] = unusual(r)
			}
		}
		w.must(t, action, all, nil)
	}
	w.must(t, "CreateLoadBalancerHTTPListener", map[string]string{
		"LoadBalancerId": full["LoadBalancerId"], "ListenerPort": "7000", "HealthCheck": "off", "ListenerForward": "on", "ForwardPort": full["ListenerPort"],
	}, nil)
	same := func(what, file string) {
		t.Helper()
		if out, failed := c.run(t, "", "apply", "-f", file, "--prune", "--yes"); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
			t.Errorf("%s: got %q, %q, want nothing to change", what, out, failed)
		}
	}
	export := func(file string, args ...string) {
		t.Helper()
		if out, failed := c.run(t, "", append([]string{"export", "-f", file}, args...)...); failed != "" {
			t.Fatalf("export: %s%s", out, failed)
		}
	}
	export("awkward.yaml", "--certificates", "keys")
	same("awkward names", "awkward.yaml")

	one, two := named("twin"), named("twin")
	export("twins.yaml", "--certificates", "keys")
	same("two of one name", "twins.yaml")
	if out, _ := c.run(t, "", "export", one); !strings.Contains(out, "LoadBalancerId: "+one) || strings.Contains(out, two) {
		t.Errorf("export of one of two: got %s", out)
	}

	c.node = Start(t, Options{})
	if out, failed := c.run(t, "", "apply", "-f", "twins.yaml", "--yes"); !strings.Contains(failed, "the server has no load balancer lb-") {
		t.Errorf("ids of another server: got %q, %q", out, failed)
	}
	out, failed := c.run(t, "", "apply", "-f", "awkward.yaml", "--yes")
	if failed != "" {
		t.Errorf("on another server: got %s, %s", out, failed)
	}
	if strings.ContainsAny(out, "\x1b\a") || !strings.Contains(out, `\x1b[31mred\a`) {
		t.Errorf("what changes a terminal is in %q", out)
	}
	same("on another server, again", "awkward.yaml")
}
