package exchange

import (
	"net/netip"
	"testing"
	"time"

	"elbow/internal/leak"
	"elbow/internal/overload"
	"elbow/internal/socket"
)

// choose ends the right stalls, and the right number of them.
func TestStallsChoose(t *testing.T) {
	leak.Check(t)
	at := func(host string) *Origin {
		c := &Origin{Client: netip.AddrPortFrom(netip.MustParseAddr(host), 1)}
		c.Memory.Open(new(overload.Budget))
		return c
	}
	one, two := at("192.0.2.1"), at("192.0.2.2")
	type entry struct {
		from  *Origin
		quiet bool
		age   time.Duration
	}
	many := func(n int, e entry) (es []entry) {
		for range n {
			es = append(es, e)
		}
		return es
	}
	for _, tt := range []struct {
		name    string
		entries []entry // oldest first
		wants   *Origin
		n       int
		places  int64
		want    int
	}{
		{"nobody", nil, two, 5, 10, 0},
		{"not for long", many(10, entry{one, false, sharePatience / 2}), two, 5, 10, 0},
		{"for long", many(10, entry{one, false, StallPatience}), two, 5, 10, 5},
		{"for long, the same client", many(10, entry{one, false, StallPatience}), one, 5, 10, 5},
		{"for long, few", many(2, entry{one, false, StallPatience}), two, 5, 10, 2},
		{"not for long, beyond the share", many(10, entry{one, false, sharePatience}), two, 9, 10, 5},
		{"not for long, within the share", many(5, entry{one, false, sharePatience}), two, 9, 10, 0},
		{"quiet, not for long", many(10, entry{one, true, StallPatience / 2}), two, 5, 10, 0},
		{"quiet, beyond the share", many(10, entry{one, true, StallPatience}), two, 9, 10, 5},
		{"quiet, the same client", many(10, entry{one, true, StallPatience}), one, 9, 10, 0},
		{"quiet, within the share", many(5, entry{one, true, time.Hour}), two, 9, 10, 0},
		{"the larger one", append(many(6, entry{one, true, StallPatience}), many(4, entry{two, true, StallPatience})...), two, 9, 10, 1},
		{"never too many at once", many(1000, entry{one, false, StallPatience}), two, 1000, 10, maxEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s stalls
			now := socket.Now()
			all := make([]stall, len(tt.entries))
			for i, e := range tt.entries {
				all[i].from = e.from
				all[i].beginAt(&s, e.quiet)
				all[i].since = now.Add(-e.age)
			}
			s.shared = now.Add(-sharesInterval)
			chosen := s.choose(min(tt.n, maxEnded), overload.Source(tt.wants.Client.Addr()), tt.places)
			if len(chosen) != tt.want {
				t.Errorf("%d are chosen, want %d", len(chosen), tt.want)
			}
			ended := 0
			for i := range all {
				if all[i].End() {
					ended++
				}
				if all[i].End() {
					t.Error("a stall has ended twice")
				}
			}
			if ended != tt.want || s.counts != 0 {
				t.Errorf("%d know of it, %d are left, want %d and 0", ended, s.counts, tt.want)
			}
		})
	}
}
