package proxy

import "testing"

// Every scheduler chooses for requests of every version: some in turn, some by the
// client's address. quicid_test.go tests the ones for QUIC; without QUIC they use the
// source address as sch does.
func TestSchedulers(t *testing.T) { each(t, testSchedulers) }

func testSchedulers(t *testing.T, v version) {
	for name, sticks := range map[string]bool{"wrr": false, "rr": false, "wlc": false, "sch": true, "qch": true, "iqch": true} {
		t.Run(name, func(t *testing.T) {
			const backends, requests = 3, 30
			r, _ := scheduled(t, name, backends)
			c := r.asker(v)
			hits := make(map[string]int)
			for range requests {
				c.ask(get).want(200, "*")
				hits[r.log.next(t)["backend"].(string)]++
			}
			if sticks && len(hits) != 1 {
				t.Errorf("one client went to %v", hits)
			}
			if !sticks && len(hits) != backends {
				t.Errorf("requests went to %v alone", hits)
			}
			if name == "rr" || name == "wrr" {
				for b, n := range hits {
					if n != requests/backends {
						t.Errorf("%s got %d of %d", b, n, requests)
					}
				}
			}
		})
	}
}
