package node

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"elbow/internal/names"
)

// Health says which names do not resolve and how old their addresses are, and lists no
// more than a few.
func TestNameWarnings(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	address := []netip.Addr{netip.MustParseAddr("10.0.0.1")}
	got := nameWarnings([]names.State{
		{Name: "good.test", Addresses: address, Resolved: now},
		{Name: "old.test", Addresses: address, Resolved: now.Add(-90 * time.Second), Err: errors.New("SERVFAIL")},
		{Name: "new.test", Err: errors.New("no such name")},
	}, now)
	want := []string{
		"dns: old.test, a name of backends, does not resolve; its addresses of 1m30s ago stay in use: SERVFAIL",
		"dns: new.test, a name of backends, has never been resolved: no such name",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var many []names.State
	for i := range maxNameWarnings + 3 {
		many = append(many, names.State{Name: fmt.Sprint(i), Err: errors.New("x")})
	}
	if got := nameWarnings(many, now); len(got) != maxNameWarnings+1 || !strings.Contains(got[maxNameWarnings], "3 more") {
		t.Errorf("of many: %q", got)
	}
}
