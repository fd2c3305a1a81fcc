package api

import (
	"maps"
	"testing"
)

// The rules of texts besides their length, on every row that has one. Those of
// the HTTPS listener are in TestBindHTTPSListener.
func TestRulesOfTexts(t *testing.T) {
	for _, tt := range []struct {
		op, param  string
		good, evil []string
	}{
		{
			"CreateLoadBalancer", "LoadBalancerName",
			[]string{"shop", "Läden 1", "my-http://", "http"},
			[]string{"http://shop", "https://shop", "Http://"},
		},
		{"ModifyLoadBalancerAttribute", "LoadBalancerName", []string{"ab"}, []string{"a", "http://shop"}},
		{
			"CreateLoadBalancer", "ClientToken",
			[]string{"0c593ea1-3bea-11e9-b96b-88e9fe637760"},
			[]string{"two words", "tökn", "a\n"},
		},
		{"CreateLoadBalancer", "VSwitchId", []string{"vsw-1", "vsw-****"}, []string{"vsw/1", "vsw 1", "vsw-\x00", "vsw-é"}},
		{"CreateUser", "UserName", []string{"alice", "a.b-c_9"}, []string{"alice@x", "a b", "a/b", "älice"}},
		{"CreatePolicy", "PolicyName", []string{"a", "A-9"}, []string{"a_b", "a.b", "a b"}},
	} {
		t.Run(tt.op+" "+tt.param, func(t *testing.T) {
			op := operation(t, tt.op)
			bind := func(value string) string {
				values := maps.Clone(example(op))
				values[tt.param] = value
				return code(Bind(op.New(), values))
			}
			for _, s := range tt.good {
				if got := bind(s); got != "" {
					t.Errorf("%q: got code %q, want it taken", s, got)
				}
			}
			for _, s := range tt.evil {
				if got, want := bind(s), "Invalid"+tt.param; got != want {
					t.Errorf("%q: got code %q, want %q", s, got, want)
				}
			}
		})
	}
}

// What a shape says of itself is what documents and help print.
func TestShapesInWords(t *testing.T) {
	in := new(CreateLoadBalancerHTTPSListenerInput)
	rows := make(map[string]Param)
	for _, r := range in.Params() {
		rows[r.Name] = r
	}
	for name, want := range map[string]string{
		"LoadBalancerId":      "ID",
		"ListenerPort":        "integer from 1 to 65535",
		"IdleTimeout":         "integer from 1 to 60, in seconds",
		"Description":         "string of 1 to 80 characters",
		"HealthCheck":         "on or off",
		"HealthCheckHttpCode": "any of http_2xx, http_3xx, http_4xx, http_5xx, separated by commas",
	} {
		if got := rows[name].Var.Shape().String(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got, want := rows["CookieTimeout"].Effect(), "StickySession is on and StickySessionType is insert"; got != want {
		t.Errorf("CookieTimeout has an effect if %q, want %q", got, want)
	}
}

// Binding happens on every call, so it is worth knowing what it takes.
func BenchmarkBind(b *testing.B) {
	op, _ := Lookup(EnsVersion, "CreateLoadBalancerHTTPSListener")
	values := example(op)
	b.ReportAllocs()
	for b.Loop() {
		if err := Bind(op.New(), values); err != nil {
			b.Fatal(err)
		}
	}
}
