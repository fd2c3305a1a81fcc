package reconcile

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/leak"
)

// A stored backend that is not allowed gets neither requests nor probes, whatever
// other port its probes go to, and the status says why.
func TestResolveRefusesBackends(t *testing.T) {
	leak.Check(t)
	own := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8096")}
	for _, tt := range []struct {
		backend string
		port    int // of the backend
		listens int // BackendServerPort
		probes  int // HealthCheckConnectPort
		served  bool
	}{
		{"10.0.0.1", 81, 0, 0, true},
		{"127.0.0.1", 81, 0, 0, true},
		{"169.254.169.254", 80, 0, 0, false},
		{"::ffff:169.254.169.254", 80, 0, 0, false},
		{"0.0.0.0", 80, 0, 0, false},
		{"224.0.0.1", 80, 0, 0, false},
		{"fe80::1", 80, 0, 0, false},
		{"127.0.0.1", 8096, 0, 0, false},
		{"::ffff:127.0.0.1", 8096, 0, 0, false},
		{"127.0.0.1", 0, 8096, 0, false},
		{"127.0.0.1", 81, 8096, 0, true}, // the backend's own port applies
		{"127.0.0.1", 81, 0, 8096, false},
		{"127.0.0.2", 8096, 0, 0, true},
	} {
		d := fullState()
		d.LoadBalancers[0].Backends = []elb.Backend{{ServerID: "i-1", IP: netip.MustParseAddr(tt.backend), Port: tt.port, Weight: 1}}
		d.Listeners[0].BackendPort, d.Listeners[0].Check.ConnectPort = tt.listens, tt.probes
		r := resolver{reach: &elb.Reach{Own: func() []netip.AddrPort { return own }}}
		for _, s := range r.resolve(&d, storyTime) {
			if !s.forwards() {
				continue
			}
			if got := len(s.members) == 1; got != tt.served || len(s.members)+len(s.refused) != 1 {
				t.Errorf("%+v: members %v, refused %v", tt, s.members, s.refused)
			}
		}
	}
}

// The node's own sockets may change while it runs: a backend that becomes one of
// them is not used from the next pass on, and used again afterwards.
func TestBackendBecomesOwnSocket(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	server := newServer(t, "a")
	s.backends(server.Backend)
	port := s.freePort()
	s.run()
	k := s.listen(port, checked)
	s.awaitHealth(k, "i-a", "healthy")

	s.own.Store(&[]netip.AddrPort{netip.AddrPortFrom(server.IP, uint16(server.Port))})
	s.loop.Look()
	if b := s.awaitHealth(k, "i-a", "unhealthy"); !strings.Contains(b.LastErr, "socket of this node") {
		t.Errorf("the reason is %q", b.LastErr)
	}
	if res, err := s.client().Get(s.url(port)); err != nil {
		t.Error(err)
	} else if res.Body.Close(); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a request is answered by %s, want 503", res.Status)
	}
	s.own.Store(nil)
	s.loop.Look()
	s.awaitHealth(k, "i-a", "healthy")
	if got := s.get(s.client(), port); got != "a" {
		t.Errorf("got %q afterwards", got)
	}
}
