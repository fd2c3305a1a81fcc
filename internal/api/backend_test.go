package api

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"elbow/internal/elb"
)

func TestBindBackendServers(t *testing.T) {
	one := func(b elb.Backend) []elb.Backend { return []elb.Backend{b} }
	for _, tt := range []struct {
		json string
		want []elb.Backend // nil for an error
		code string
		path string // the item that the error must name

		reason string // required part of the error text
	}{
		{json: `[{"ServerId":"i-1"}]`, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100})},
		{
			json: `[{"ServerId":"eni-1","Type":"eni","Weight":0,"Ip":"10.0.0.7","Port":8080}]`,
			want: one(elb.Backend{ServerID: "eni-1", Type: "eni", IP: netip.MustParseAddr("10.0.0.7"), Port: 8080}),
		},
		// As the old SDK writes it: texts only, the empty ones too.
		{
			json: `[{"Port":"8080","Ip":"10.0.0.7","Weight":"50","Type":"","ServerId":"i-1"}]`,
			want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 50, IP: netip.MustParseAddr("10.0.0.7"), Port: 8080}),
		},
		{json: `[{"Port":"","Ip":"","Weight":"","Type":"","ServerId":"i-1"}]`, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100})},
		// As Terraform writes it: null and 0 for what was not set.
		{json: `[{"ServerId":"i-1","Ip":null,"Port":0,"Weight":null,"Type":null}]`, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100})},
		{json: `[null,{"ServerId":"i-1"},null]`, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100})},
		{json: ` [ {"ServerId":"i-1" } ] `, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100})},
		{json: `[{"ServerId":"i-1","Ip":"::ffff:10.0.0.7"}]`, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100, IP: netip.MustParseAddr("10.0.0.7")})},
		{json: `[{"ServerId":"i-1","Ip":"2001:db8::7"}]`, want: one(elb.Backend{ServerID: "i-1", Type: "ens", Weight: 100, IP: netip.MustParseAddr("2001:db8::7")})},

		{json: ``, code: "MissingBackendServers"},
		{json: `null`, code: "MissingBackendServers"},
		{json: `[]`, code: "InvalidBackendServers"},
		{json: `[null]`, code: "InvalidBackendServers"},
		{json: `{}`, code: "InvalidBackendServers"},
		{json: `{"ServerId":"i-1"}`, code: "InvalidBackendServers"},
		{json: `["i-1"]`, code: "InvalidBackendServers"},
		{json: `[{"ServerId":"i-1"}] x`, code: "InvalidBackendServers"},
		{json: `[{"ServerId":"i-1"}]]`, code: "InvalidBackendServers"},
		{json: `[{"ServerId":["i-1"]}]`, code: "InvalidBackendServers"},
		{json: `[{"ServerId":true}]`, code: "InvalidBackendServers"},
		// Members are spelt as in the SDKs; others are not ignored.
		{json: `[{"ServerId":"i-1","port":"21109"}]`, code: "InvalidBackendServers", reason: `item 1 an unknown member "port"; it is spelt Port`},
		{json: `[{"ServerId":"i-1"},{"ServerId":"i-2","IP":"10.0.0.7"}]`, code: "InvalidBackendServers", reason: `item 2 an unknown member "IP"; it is spelt Ip`},
		{json: `[{"serverId":"i-1"}]`, code: "InvalidBackendServers", reason: `unknown member "serverId"; it is spelt ServerId`},
		{json: `[{"ServerId":"i-1","Unknown":"x"}]`, code: "InvalidBackendServers", reason: `unknown member "Unknown"; there are ServerId, Type, Weight, Ip, Port`},
		{json: `[{"ServerId":"i-1","":"x"}]`, code: "InvalidBackendServers", reason: `unknown member ""`},
		{json: `[{"ServerId":"i-1","port":null}]`, code: "InvalidBackendServers", reason: `unknown member "port"`},
		{json: `[{"ServerId":"i-1","Port":1,"Port":2}]`, code: "InvalidBackendServers", reason: `item 1 the member Port twice`},
		{json: `[{"ServerId":"i-1","Port":null,"Port":2}]`, code: "InvalidBackendServers", reason: `item 1 the member Port twice`},
		{json: `[{"ServerId":"i-1","Port":{}}]`, code: "InvalidBackendServers", reason: `a member Port that is neither`},
		{json: strings.Repeat(`[`, 100000), code: "InvalidBackendServers"},

		{json: `[{}]`, code: "MissingServerId", path: "BackendServers.1.ServerId"},
		{json: `[{"ServerId":"i-1"},{"ServerId":""}]`, code: "MissingServerId", path: "BackendServers.2.ServerId"},
		{json: `[{"ServerId":"x-1"}]`, code: "InvalidServerId", path: "BackendServers.1.ServerId"},
		{json: `[{"ServerId":"i-"}]`, code: "InvalidServerId", path: "BackendServers.1.ServerId"},
		{json: `[{"ServerId":"i-a/b"}]`, code: "InvalidServerId", path: "BackendServers.1.ServerId"},
		{json: `[{"ServerId":"i-1","Type":"ecs"}]`, code: "InvalidType", path: "BackendServers.1.Type"},
		{json: `[{"ServerId":"i-1"},{"ServerId":"i-2","Weight":101}]`, code: "InvalidWeight", path: "BackendServers.2.Weight"},
		{json: `[{"ServerId":"i-1","Weight":-1}]`, code: "InvalidWeight", path: "BackendServers.1.Weight"},
		{json: `[{"ServerId":"i-1","Weight":1.5}]`, code: "InvalidWeight", path: "BackendServers.1.Weight"},
		{json: `[{"ServerId":"i-1","Weight":1e1}]`, code: "InvalidWeight", path: "BackendServers.1.Weight"},
		{json: `[{"ServerId":"i-1","Port":65536}]`, code: "InvalidPort", path: "BackendServers.1.Port"},
		{json: `[{"ServerId":"i-1","Ip":"10.0.0"}]`, code: "InvalidIp", path: "BackendServers.1.Ip"},
		{json: `[{"ServerId":"i-1","Ip":"10.0.0.7:80"}]`, code: "InvalidIp", path: "BackendServers.1.Ip"},
		{json: `[{"ServerId":"i-1","Ip":"fe80::1%eth0"}]`, code: "InvalidIp", path: "BackendServers.1.Ip"},
	} {
		in := new(AddBackendServersInput)
		err := Bind(in, map[string]string{"LoadBalancerId": "lb-1", "BackendServers": tt.json})
		if got := code(err); got != tt.code {
			t.Errorf("%.100s: got code %q, want %q", tt.json, got, tt.code)
			continue
		}
		if e, ok := errors.AsType[*Error](err); ok && !strings.Contains(e.Message, tt.path) {
			t.Errorf("%.100s: got message %q, want it to name %s", tt.json, e.Message, tt.path)
		}
		if e, ok := errors.AsType[*Error](err); ok && !strings.Contains(e.Reason, tt.reason) {
			t.Errorf("%.100s: got reason %q, want %q", tt.json, e.Reason, tt.reason)
		}
		var got []elb.Backend
		for _, item := range in.BackendServers {
			got = append(got, item.Backend)
		}
		if d := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); tt.want != nil && d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", tt.json, d)
		}
	}
}

func TestBindSetBackendServersNeedsWeight(t *testing.T) {
	for json, want := range map[string]string{
		`[{"ServerId":"i-1","Weight":"7"}]`:                     "",
		`[{"ServerId":"i-1"}]`:                                  "MissingWeight",
		`[{"ServerId":"i-1","Weight":1},{"ServerId":"i-2"}]`:    "MissingWeight",
		`[{"ServerId":"i-1","Weight":1,"Type":"eni","Port":9}]`: "",
	} {
		err := Bind(new(SetBackendServersInput), map[string]string{"LoadBalancerId": "lb-1", "BackendServers": json})
		if got := code(err); got != want {
			t.Errorf("%s: got code %q, want %q", json, got, want)
		}
	}
}

// An array cut off anywhere is refused, never shorter.
func TestBackendServersTruncated(t *testing.T) {
	whole := `[{"ServerId":"i-1","Weight":10},{"ServerId":"i-2"}]`
	for n := range len(whole) {
		if items, err := parseItems(whole[:n], backendsVar{}.rows(new(elb.Backend))); err == nil {
			t.Errorf("accepted the first %d bytes: %q gave %v", n, whole[:n], items)
		}
	}
}

func FuzzBackendServers(f *testing.F) {
	for _, seed := range []string{
		`[{"ServerId":"i-1","Type":"eni","Weight":0,"Ip":"10.0.0.7","Port":8080}]`,
		`[{"Port":"","Ip":"","Weight":"","Type":"","ServerId":"i-1"}]`,
		`[{"ServerId":"i-1","port":1}]`, `[{"ServerId":"i-1","Port":1,"Port":2}]`, `[{"ServerId":"i-1","Port":0}`,
		`[null,{}]`, `null`, `[]`, `[{"ServerId":1e3}]`, `[{"ServerId":"i-1"}]x`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := new(AddBackendServersInput)
		err := Bind(in, map[string]string{"LoadBalancerId": "lb-1", "BackendServers": s})
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%q: an error that is no answer: %v", s, err)
			}
			return
		}
		if n := len(in.BackendServers); n < 1 || n > maxBackendItems {
			t.Fatalf("%q: bound %d items", s, n)
		}
		for _, b := range in.BackendServers {
			if b.Weight < 0 || b.Weight > 100 || b.Port < 0 || b.Port > 65535 || !serverID.ok(b.ServerID) {
				t.Fatalf("%q: bound %+v", s, b)
			}
		}
	})
}

// An absent Port and an explicit 0 differ: Set and Remove take the first for
// every port.
func TestBindBackendPortAbsent(t *testing.T) {
	for json, want := range map[string]bool{
		`[{"ServerId":"i-1"}]`:             true,
		`[{"ServerId":"i-1","Port":""}]`:   true,
		`[{"ServerId":"i-1","Port":null}]`: true,
		`[{"ServerId":"i-1","Port":0}]`:    false,
		`[{"ServerId":"i-1","Port":"0"}]`:  false,
		`[{"ServerId":"i-1","Port":"80"}]`: false,
	} {
		in := new(RemoveBackendServersInput)
		if err := Bind(in, map[string]string{"LoadBalancerId": "lb-1", "BackendServers": json}); err != nil {
			t.Errorf("%s: %v", json, err)
			continue
		}
		if got := in.BackendServers[0].AnyPort; got != want {
			t.Errorf("%s: any port %v, want %v", json, got, want)
		}
	}
}
