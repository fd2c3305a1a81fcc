package gateway

import (
	"net/netip"
	"testing"

	"elbow/internal/api"
	"elbow/internal/leak"
)

// inside makes a call as a user signed in to the console.
func (s *site) inside(t *testing.T, key, version, action string, params map[string]string) Answer {
	t.Helper()
	return s.gateway.Call(t.Context(), Caller{
		Credential: s.keys[key], Source: netip.MustParseAddr("192.0.2.7"), Host: "console.test",
	}, version, action, params)
}

// A call from inside passes the stages after authentication: policies are
// evaluated, parameters bound, tokens taken, and its audit line says where it
// came from.
func TestCallFromInside(t *testing.T) {
	leak.Check(t)
	op, _ := api.Lookup(api.EnsVersion, "DescribeNetworks")
	s := newSite(t, map[string]Handler{
		"ens:DescribeNetworks":  answers(api.DescribeNetworksOutput{}, nil),
		"ens:DescribeVSwitches": answers(api.DescribeVSwitchesOutput{}, nil),
	}, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:DescribeNetworks","Resource":"*"}]}`)
	s.freeze()

	a := s.inside(t, "user", api.EnsVersion, "DescribeNetworks", nil)
	if _, ok := a.Out.(api.DescribeNetworksOutput); !ok || a.Err != nil || a.RequestID == "" {
		t.Errorf("got %+v", a)
	}
	for _, tt := range []struct {
		version, action string
		params          map[string]string
		want            string
	}{
		{api.EnsVersion, "DescribeVSwitches", nil, "NoPermission"},
		{api.EnsVersion, "DescribeNetworks", map[string]string{"PageSize": "0"}, "InvalidPageSize"},
		{api.EnsVersion, "DescribeNothing", nil, "InvalidAction.NotFound"},
		{"2000-01-01", "DescribeNetworks", nil, "InvalidVersion"},
	} {
		a := s.inside(t, "user", tt.version, tt.action, tt.params)
		if a.Out != nil || a.Err == nil || a.Err.Code != tt.want || a.Err.RequestID != a.RequestID {
			t.Errorf("%s %v: got %+v, want %s", tt.action, tt.params, a, tt.want)
		}
	}
	for range op.Rate.User {
		a = s.inside(t, "user", api.EnsVersion, "DescribeNetworks", nil)
	}
	if a.Err == nil || a.Err.Code != "Throttling.User" {
		t.Errorf("beyond the limit of the user: %+v", a)
	}

	records := auditOf(t, s)
	first, refused := records[0], records[1]
	if first.Via != "console" || first.User != "alice" || first.AccessKey != "user" || first.Source != "192.0.2.7" ||
		first.Action != "DescribeNetworks" || first.Status != 200 || refused.Code != "NoPermission" {
		t.Errorf("audited %+v and %+v", first, refused)
	}
}
