package console

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// The next process continues the charts with the points of the last 15 minutes; if the
// text cannot be parsed, the charts start empty.
func TestChartsAreKept(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var traffic Traffic
	clock := func() time.Time { return now }
	before := newLive(func() State { return State{} }, func() Traffic { return traffic }, clock)
	for n := range 5 {
		traffic = Traffic{Listeners: []ListenerCounts{{LoadBalancerID: "lb-1", Port: "443", ByClass: [6]uint64{2: uint64(10 * n)}, Open: 1}}}
		before.look()
		now = now.Add(2 * time.Second)
	}
	text := (&Console{live: before}).Charts()
	if text == nil || len(before.points("lb-1")) != 4 {
		t.Fatalf("%d points are kept as %q", len(before.points("lb-1")), text)
	}
	for later, want := range map[time.Duration]int{0: 4, 15*time.Minute - 5*time.Second: 2, 15 * time.Minute: 0} {
		after := newLive(func() State { return State{} }, func() Traffic { return traffic }, func() time.Time { return now.Add(later) })
		if err := after.restore(text); err != nil {
			t.Fatal(err)
		}
		for _, lb := range []string{"", "lb-1"} {
			all := before.points(lb)
			if got := after.points(lb); !slices.Equal(got, all[len(all)-want:]) {
				t.Errorf("%v later %q has %+v, want the last %d of %+v", later, lb, got, want, all)
			}
		}
	}
	after := newLive(func() State { return State{} }, func() Traffic { return traffic }, clock)
	for n := range text {
		if after.restore(text[:n]) == nil {
			t.Errorf("the first %d bytes were taken", n)
		}
	}
	backwards, err := json.Marshal(map[string][]Point{"": {{Time: now.Unix() - 4}, {Time: now.Unix() - 6}, {Time: now.Unix() + 60}, {Time: now.Unix()}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := after.restore(backwards); err != nil || len(after.points("")) != 2 {
		t.Errorf("times that go back or are to come: %+v, %v", after.points(""), err)
	}
	if text := (&Console{live: newLive(nil, nil, clock)}).Charts(); text != nil {
		t.Errorf("what nobody watched is kept as %q", text)
	}
}

// Points of minutes fill the gaps in the points of seconds, at the beginning and in
// between, and never cover the same time.
func TestWithMinutes(t *testing.T) {
	at := func(times ...int64) (points []Point) {
		for _, one := range times {
			points = append(points, Point{Time: one})
		}
		return points
	}
	for _, tt := range []struct{ points, minutes, want []Point }{
		{nil, at(60, 120), at(60, 120)},
		{at(100, 102), nil, at(100, 102)},
		{at(130, 132), at(60, 120, 180), at(60, 120, 130, 132)},
		{at(100, 118, 310), at(60, 120, 180, 240, 300, 360), at(60, 100, 118, 180, 240, 300, 310)},
		{at(60, 119, 120), at(60, 120, 180), at(60, 119, 120)},
	} {
		if got := withMinutes(tt.points, tt.minutes); !slices.Equal(got, tt.want) {
			t.Errorf("%v and %v: got %v, want %v", tt.points, tt.minutes, got, tt.want)
		}
	}
}
