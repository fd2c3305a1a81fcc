package console

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// A part of a name, an id, an address or a backend finds load balancers, regardless of
// case; visitors without the permission find none.
func TestFindBalancers(t *testing.T) {
	s := newSite(t)
	balancers := []elb.LoadBalancer{
		{ID: "lb-aa11", Name: "Shop front", Status: elb.Active, Address: netip.MustParseAddr("127.8.0.1"), Backends: []elb.Backend{{ServerID: "i-web7", IP: netip.MustParseAddr("10.1.2.3")}}},
		{ID: "lb-bb22", Name: "media", Status: elb.InActive, Address: netip.MustParseAddr("127.8.0.22")},
	}
	s.with(func() {
		s.answers["DescribeLoadBalancers"] = api.DescribeLoadBalancersOutput{}
		s.state.LoadBalancers = balancers
	})
	b := s.signIn(t, "root-key")
	for _, tt := range []struct{ query, want string }{
		{"find=shop", "lb-aa11"},
		{"find=FRONT", "lb-aa11"},
		{"find=b22", "lb-bb22"},
		{"find=0.22", "lb-bb22"},
		{"find=web7", "lb-aa11"},
		{"find=10.1.2", "lb-aa11"},
		{"find=lb-", "lb-aa11 lb-bb22"},
		{"find=lb-&status=InActive", "lb-bb22"},
		{"find=nothing+like+it", ""},
	} {
		got := b.get("load-balancers?" + tt.query)
		got.want(t, http.StatusOK)
		for _, id := range []string{"lb-aa11", "lb-bb22"} {
			if is := strings.Contains(got.text, `"/console/load-balancers/`+id+`"`); is != strings.Contains(tt.want, id) {
				t.Errorf("%s: %s is there %t, want %q", tt.query, id, is, tt.want)
			}
		}
	}
	b.get("load-balancers?find=lb-&page=2").want(t, http.StatusSeeOther)
	s.with(func() { delete(s.answers, "DescribeLoadBalancers") })
	b.get("load-balancers?find=shop").want(t, http.StatusForbidden, "ens:DescribeLoadBalancers")
}

// A page number beyond the end of a list leads to the last page, instead of a page that
// says the list is empty.
func TestPagesBeyondTheLast(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	s.with(func() {
		s.answers["ListUserCertificateOrder"] = api.ListUserCertificateOrderOutput{TotalCount: 45}
	})
	b := s.signIn(t, "root-key")
	for _, list := range []string{"load-balancers", "certificates"} { // each has 45
		b.get(list+"?page=3").want(t, http.StatusOK)
		b.get(list+"?page=4&status=x").want(t, http.StatusSeeOther)
		if got, want := b.get(list+"?page=4&status=x").Header.Get("Location"), "/console/"+list+"?page=3&status=x"; got != want {
			t.Errorf("%s: sent to %s, want %s", list, got, want)
		}
	}
}
