package overload

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

// Checks which connections are closed when memory is short.
func TestDispensable(t *testing.T) {
	leak.Check(t)
	now := socket.Now()
	late := now.Add(-ClientPatience)
	const kb, mb = 1 << 10, 1 << 20
	for _, tt := range []struct {
		name    string
		clients [][]Footprint
		Reason  int64
		want    int64 // bytes
	}{
		{"nobody", nil, mb, 0},
		{"many with little", slices.Repeat([][]Footprint{{{Bytes: 100 * kb, owes: late}}}, 100), 100 * mb, 0},
		{"one with much", [][]Footprint{{{Bytes: 20 * mb, owes: never}}, {{Bytes: kb, owes: never}}}, mb, 20 * mb},
		{"one with many that are in use", [][]Footprint{slices.Repeat([]Footprint{{Bytes: 100 * kb, owes: never}}, 500)}, 100 * mb, 0},
		{"one with many that just began to owe", [][]Footprint{slices.Repeat([]Footprint{{Bytes: 100 * kb, owes: now}}, 500)}, 100 * mb, 0},
		{"one with many that owe", [][]Footprint{slices.Repeat([]Footprint{{Bytes: 100 * kb, owes: late}}, 500)}, 3 * mb, 31 * 100 * kb},
		{"one with many that are idle", [][]Footprint{slices.Repeat([]Footprint{{Bytes: 16 * kb, owes: never, Idle: true}}, 1000)}, mb, mb},
		{"down to the share, no further", [][]Footprint{slices.Repeat([]Footprint{{Bytes: mb, owes: late}}, 12)}, 100 * mb, 4 * mb},
		{"several with much", [][]Footprint{
			slices.Repeat([]Footprint{{Bytes: 2 * mb, owes: never}}, 6), slices.Repeat([]Footprint{{Bytes: mb, owes: never}}, 10),
		}, 100 * mb, 4*mb + 2*mb},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got int64
			for _, f := range dispensable(tt.clients, tt.Reason, 8*mb, now) {
				got += f.Bytes
			}
			if got != tt.want {
				t.Errorf("%d bytes are given back, want %d", got, tt.want)
			}
		})
	}
}

// The largest goes first, and among equals the one that has waited for its client
// longest.
func TestDispensableOrder(t *testing.T) {
	leak.Check(t)
	now := socket.Now()
	const mb = 1 << 20
	of := []Footprint{
		{Bytes: 2*mb + 1, owes: never}, {Bytes: 4 * mb, owes: never}, {Bytes: 2 * mb, owes: now - 1}, {Bytes: 2*mb + 2, owes: now - 2},
	}
	var want []Footprint
	for _, i := range []int{1, 3, 2, 0} {
		want = append(want, of[i])
	}
	if got := dispensable([][]Footprint{of}, 100*mb, 0, now); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// While one client is over its share, new connections of others may use the part
// reserved for requests, its own may not; and nobody may when nothing is left.
func TestGreedyClients(t *testing.T) {
	leak.Check(t)
	own, other := netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:1")
	clients := [][]Footprint{{{client: own.Addr(), Bytes: 9}}, {{client: other.Addr(), Bytes: 8}}}
	b := Budget{total: 1 << 30, conns: new(atomic.Int64)}
	b.held.Store(b.total / BudgetShare / 8 * 7)
	for _, tt := range []struct {
		share        int64
		full         bool
		tight        bool
		own, another bool // whether connections of the client and of another one are refused
	}{
		{share: 8, own: true},
		{share: 9, own: true, another: true}, // many clients, none of them over its share
		{share: 8, full: true, own: true, another: true},
		{share: 8, tight: true, own: true, another: true},
	} {
		b.greedy.Store(greedy(clients, tt.share))
		b.held.Store(b.total / BudgetShare / 8 * 7)
		if tt.full {
			b.held.Store(b.total)
		}
		b.tight.Store(tt.tight)
		if got, another := b.FullForConns(own), b.FullForConns(other); got != tt.own || another != tt.another {
			t.Errorf("%+v: refused are %v and %v", tt, got, another)
		}
	}
}
