package reconcile

import (
	"net/netip"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// fullState is a state with one listener in which every field is set.
func fullState() store.Desired {
	l := elb.Listener{
		LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, Description: "d", BackendPort: 8080,
		Forward: true, ForwardPort: 80, Scheduler: elb.SCH, Seed: []byte("0123456789abcdef0123456789abcdef"),
		Sticky: elb.Sticky{On: true, Type: elb.StickyServer, CookieTimeout: time.Hour, Cookie: "sid"},
		Check: elb.HealthCheck{
			On: true, Domain: "example.com", URI: "/check", Method: "get", HTTPCodes: []string{"http_2xx", "http_4xx"},
			ConnectPort: 9000, Interval: 3 * time.Second, Timeout: 2 * time.Second, Rise: 4, Fall: 5,
		},
		IdleTimeout: 11 * time.Second, RequestTimeout: 12 * time.Second, CertificateID: "7", Started: true,
	}
	return store.Desired{
		Revision: 9,
		LoadBalancers: []elb.LoadBalancer{{
			ID: "lb-1", Status: elb.Active, Address: netip.MustParseAddr("127.8.0.1"),
			Backends: []elb.Backend{
				{ServerID: "i-1", IP: netip.MustParseAddr("10.0.0.1"), Port: 81, Weight: 10},
				{ServerID: "i-2", IP: netip.MustParseAddr("10.0.0.2"), Weight: 20},
			},
		}},
		Listeners:         []elb.Listener{l},
		ListenerRevisions: map[elb.ListenerKey]int64{l.Key(): 5},
	}
}

func TestResolve(t *testing.T) {
	leak.Check(t)
	d := fullState()
	owner := elb.ListenerKey{LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS}
	want := []spec{
		{
			key: key{"lb-1", 80, false}, protocol: elb.HTTP, owner: owner, revision: 5, address: netip.MustParseAddrPort("127.8.0.1:80"),
			redirect: 443, settings: settings{idleTimeout: 11 * time.Second},
		},
		{
			key: key{"lb-1", 443, false}, protocol: elb.HTTPS, owner: owner, revision: 5, forward: 80,
			address: netip.MustParseAddrPort("127.8.0.1:443"), certificate: "7",
			settings: settings{
				scheduler: elb.SCH, seed: [32]byte([]byte("0123456789abcdef0123456789abcdef")),
				sticky:      elb.Sticky{On: true, Type: elb.StickyServer, CookieTimeout: time.Hour, Cookie: "sid"},
				idleTimeout: 11 * time.Second, requestTimeout: 12 * time.Second,
			},
			check: check{
				on: true, host: "example.com", uri: "/check", method: "get", success: [6]bool{2: true, 4: true},
				port: 9000, interval: 3 * time.Second, rise: 4, fall: 5,
				timeout: 3 * time.Second, // shorter than the interval: the interval applies
			},
			members: []member{
				{backendID{"i-1", 81, netip.MustParseAddrPort("10.0.0.1:81"), false}, 10},
				{backendID{"i-2", 0, netip.MustParseAddrPort("10.0.0.2:8080"), false}, 20},
			},
		},
	}
	var r resolver
	for range 2 { // the second time in the memory of the first
		got := r.resolve(&d, storyTime)
		if diff := cmp.Diff(want, got, exporter()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// exporter lets cmp compare unexported fields of this package.
func exporter() cmp.Option {
	return cmp.Options{
		cmp.AllowUnexported(spec{}, key{}, settings{}, check{}, member{}, backendID{}),
		cmpopts.EquateComparable(netip.AddrPort{}),
		cmpopts.EquateEmpty(),
	}
}

func TestResolveLeavesOut(t *testing.T) {
	leak.Check(t)
	for name, change := range map[string]func(d *store.Desired){
		"what was not started":        func(d *store.Desired) { d.Listeners[0].Started = false },
		"an InActive load balancer":   func(d *store.Desired) { d.LoadBalancers[0].Status = elb.InActive },
		"a listener without balancer": func(d *store.Desired) { d.LoadBalancers = nil },
	} {
		d := fullState()
		change(&d)
		if got := new(resolver).resolve(&d, storyTime); len(got) != 0 {
			t.Errorf("%s: resolved to %d units", name, len(got))
		}
	}
}

// A check that is off equals any other that is off.
func TestResolveCheckOff(t *testing.T) {
	leak.Check(t)
	d := fullState()
	d.Listeners[0].Check.On = false
	for _, s := range new(resolver).resolve(&d, storyTime) {
		if s.check != (check{}) {
			t.Errorf("%s: check %+v", s.key, s.check)
		}
	}
}

// Should the store ever hold two units on one port, always the same one gets it.
func TestResolvePortTakenTwice(t *testing.T) {
	leak.Check(t)
	d := fullState()
	other := newListener("lb-1", 80)
	d.Listeners = append([]elb.Listener{other}, d.Listeners...)
	got := new(resolver).resolve(&d, storyTime)
	if len(got) != 2 || got[0].owner != other.Key() {
		t.Errorf("resolved to %d units, the first of %v", len(got), got[0].owner)
	}
}

func TestBackendName(t *testing.T) {
	leak.Check(t)
	at := netip.MustParseAddrPort("10.0.0.1:80")
	for _, tt := range []struct {
		id   backendID
		want string
	}{
		{backendID{"i-1", 0, at, false}, "i-1"},
		{backendID{"i-1", 8080, at, false}, "i-1:8080"},
		{backendID{"i-1", 0, at, true}, "i-1@10.0.0.1"},
		{backendID{"i-1", 8080, at, true}, "i-1:8080@10.0.0.1"},
	} {
		if got := tt.id.name(); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.id, got, tt.want)
		}
		one := tt.id
		one.several = false
		if got, several := EntryOf(tt.want); got != one.name() || several != tt.id.several {
			t.Errorf("%+v: got %q, %v as the entry", tt.id, got, several)
		}
	}
}

// Backends of one domain name have the same entry.
func TestEntryOf(t *testing.T) {
	leak.Check(t)
	for id, want := range map[string]string{
		"i-1": "i-1", "i-1:80": "i-1:80", "i-1:80@10.0.0.1": "i-1:80", "i-1@fd00::1": "i-1", "i-a@b": "i-a@b", "i-a@b@10.0.0.1": "i-a@b",
	} {
		if got, several := EntryOf(id); got != want || several != (got != id) {
			t.Errorf("%s: got %s, %v, want %s", id, got, several, want)
		}
	}
}

func TestPause(t *testing.T) {
	leak.Check(t)
	for tries, want := range map[int]time.Duration{
		1: retryFirst, 2: 2 * retryFirst, 3: 4 * retryFirst, 7: retryLast, 1000: retryLast,
	} {
		if got := pause(tries); got != want {
			t.Errorf("after %d tries: got %s, want %s", tries, got, want)
		}
	}
}
