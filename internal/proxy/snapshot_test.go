package proxy

import (
	"testing"

	"elbow/internal/leak"
)

// EachListener and EachBackend report what was counted.
func TestEachSnapshot(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dial()
	for range 3 {
		c.send(get).want(200, "hello")
		r.log.next(t)
	}
	seen := 0
	r.proxy.EachListener(func(loadBalancer, port string, s Snapshot) {
		seen++
		if loadBalancer != "lb-test" || port != "443" || s.ByClass[2] != 3 || s.Open != 1 || s.Total.Count() != 3 || s.BytesOut == 0 {
			t.Errorf("listener %s:%s: %+v", loadBalancer, port, s)
		}
	})
	r.proxy.EachBackend(func(loadBalancer, port string, s BackendSnapshot) {
		seen++
		if loadBalancer != "lb-test" || port != "443" || s.ID != "a" || s.Address != r.cfg.Backends[0].Address ||
			s.ByClass[2] != 3 || s.Active != 0 || !s.Healthy {
			t.Errorf("backend of %s:%s: %+v", loadBalancer, port, s)
		}
	})
	if seen != 2 {
		t.Errorf("saw %d, want a listener and a backend", seen)
	}
}
