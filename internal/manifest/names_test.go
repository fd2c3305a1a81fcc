package manifest

import (
	"context"
	"strings"
	"testing"
)

// twins is a server with two load balancers of one name and one of another.
func twins(t *testing.T) *State {
	t.Helper()
	s := stored(t, shop)
	one := s.LoadBalancers[0]
	one.Shared = true
	two := one
	two.ID = "lb-2"
	two.Listeners = nil
	s.LoadBalancers = []StoredLoadBalancer{one, two}
	return s
}

func TestLoadBalancersOfOneName(t *testing.T) {
	s := twins(t)
	var out strings.Builder
	if err := Write(&out, s, nil); err != nil {
		t.Fatal(err)
	}
	exported := out.String()
	for _, tt := range []struct{ what, from, to, want string }{
		{"what was exported changes nothing", "", "", ""},
		{"the one without an id is the one that no other entry has the id of", "LoadBalancerId: lb-1", "PayType: PostPaid", ""},
		{"a change of the second", "LoadBalancerName: shop\n    BackendServers:\n      - {ServerId: i-a, Ip: \"10.0.0.1\", Port: 80, Weight: 100}\n    Listeners: []", "LoadBalancerName: shop\n    LoadBalancerStatus: InActive", "- backends of shop (lb-2) RemoveBackendServers(LoadBalancerId=lb-2)\n~ load balancer shop (lb-2) SetLoadBalancerStatus\n"},
		{"another name", "LoadBalancerName: shop", "LoadBalancerName: store", "~ load balancer store (lb-1) ModifyLoadBalancerAttribute(LoadBalancerName=store)\n"},
		{"a name that nothing can be renamed to", "LoadBalancerName: shop", "LoadBalancerName: x", "LoadBalancerName must be 2 to 128 characters long"},
		{"an id that the server does not have", "LoadBalancerId: lb-1", "LoadBalancerId: lb-9", "the server has no load balancer lb-9: leave LoadBalancerId out to have one created"},
		{"an id twice", "LoadBalancerId: lb-1", "LoadBalancerId: lb-2", "load balancer lb-2 was there in line"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			text := strings.Replace(exported, tt.from, tt.to, 1)
			if tt.from != "" && text == exported {
				t.Fatalf("%q is not in\n%s", tt.from, exported)
			}
			m, err := Read([]byte(text), ".")
			got := ""
			if err == nil {
				var steps []Step
				if steps, err = Plan(m, s, Options{}); err == nil {
					got = describe(steps)
				}
			}
			if err != nil {
				got = err.Error()
			}
			if err == nil && got != tt.want || err != nil && (tt.want == "" || !strings.Contains(got, tt.want)) {
				t.Errorf("got\n%s\nwant\n%s\nof\n%s", got, tt.want, text)
			}
		})
	}
	if _, err := planOf(t, shop, s, Options{}); err == nil || !strings.Contains(err.Error(), "lb-1 and lb-2: say which with LoadBalancerId") {
		t.Errorf("without ids: got %v", err)
	}
	steps, err := planOf(t, strings.Replace(shop, "- LoadBalancerName: shop", "- LoadBalancerId: lb-1\n  LoadBalancerName: shop", 1), s, Options{Prune: true})
	if got := describe(steps); err != nil || !strings.Contains(got, "- load balancer shop (lb-2) ReleaseInstance(InstanceId=lb-2)\n") || strings.Contains(got, "lb-1") {
		t.Errorf("pruned: got %s, %v", got, err)
	}
}

func planOf(t *testing.T, text string, s *State, o Options) ([]Step, error) {
	t.Helper()
	m, err := Read([]byte(text), ".")
	if err != nil {
		t.Fatal(err)
	}
	return Plan(m, s, o)
}

// ModifyLoadBalancerAttribute gives names of up to 128 characters, and
// CreateLoadBalancer takes 80: a longer one is given afterwards, under the id
// that the creation answered.
func TestLongNameIsGivenAfterTheCreation(t *testing.T) {
	long := strings.Repeat("名", 128)
	text := strings.Replace(shop, "Name: shop", "Name: "+long, 1)
	steps, err := planOf(t, text, new(State), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	call := func(_ context.Context, _, action string, params map[string]string) ([]byte, error) {
		made = append(made, action+" "+params["LoadBalancerId"]+" "+params["LoadBalancerName"])
		return []byte(`{"LoadBalancerId":"lb-new"}`), nil
	}
	if err := Apply(t.Context(), call, steps, new(State), func(Step) {}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CreateLoadBalancer  " + strings.Repeat("名", 80), "ModifyLoadBalancerAttribute lb-new " + long, "AddBackendServers lb-new ",
		"CreateLoadBalancerHTTPSListener lb-new ", "StartLoadBalancerListener lb-new ",
	}
	if strings.Join(made, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", made, want)
	}
	if _, err := Read([]byte(strings.Replace(shop, "Name: shop", "Name: "+long+"名", 1)), "."); err == nil || !strings.Contains(err.Error(), "2 to 128") {
		t.Errorf("129 characters: got %v", err)
	}
}

// A listener may have several certificates: they are exported by name, applied
// in their order, and none of them is pruned.
func TestSeveralCertificatesOfAListener(t *testing.T) {
	text := strings.Replace(shop, `ServerCertificateId: "60276"`, "Certificate: [old, unused]", 1)
	s := stored(t, strings.Replace(shop, "60276", "60276,60277", 1))
	m, err := Read([]byte(text), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Prune: true}} {
		if steps, err := Plan(m, s, o); err != nil || len(steps) > 0 {
			t.Errorf("%+v: got %s, %v, want nothing to change", o, describe(steps), err)
		}
	}
	var out strings.Builder
	if err := Write(&out, s, map[string][2]string{"unused": {"u.pem", "u.key"}}); err != nil || !strings.Contains(out.String(), "Certificate: [old, unused]\n") {
		t.Errorf("got %v\n%s", err, out.String())
	}
	if !s.Uses("60277") || !s.Uses("60276") || s.Uses("6027") {
		t.Error("Uses does not see one of several")
	}
	steps, err := planOf(t, strings.Replace(text, "old, unused", "unused, old", 1), s, Options{})
	if got := describe(steps); err != nil || got != "~ listener shop:443 SetLoadBalancerHTTPSListenerAttribute(ServerCertificateId=60277,60276)\n" || steps[0].Details[0] != "certificate old, unused → unused, old" {
		t.Errorf("another order: got %s, %v, %q", got, err, steps)
	}
	if _, err := planOf(t, strings.Replace(text, "old, unused", "old, lost", 1), s, Options{}); err == nil || !strings.Contains(err.Error(), "has a certificate lost") {
		t.Errorf("got %v", err)
	}
	if _, err := Read([]byte(strings.Replace(text, "old, unused", "old, []", 1)), "."); err == nil || !strings.Contains(err.Error(), "line 7: Certificate: want one value, or a list of values") {
		t.Errorf("got %v", err)
	}
}
