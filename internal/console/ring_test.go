package console

import "testing"

// Two points of one second are one, the later one; all others stay.
func TestRingReplacesASecond(t *testing.T) {
	var r ring
	for i, at := range []int64{1, 3, 3, 5} {
		r.add(Point{Time: at, Open: int32(i)})
	}
	want := []Point{{Time: 1}, {Time: 3, Open: 2}, {Time: 5, Open: 3}}
	got := r.points()
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i].Time != want[i].Time || got[i].Open != want[i].Open {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	full := new(ring)
	for at := range int64(ringPoints + 1) {
		full.add(Point{Time: at})
		full.add(Point{Time: at})
	}
	if all := full.points(); len(all) != ringPoints || all[0].Time != 1 || all[ringPoints-1].Time != int64(ringPoints) {
		t.Errorf("a full ring has %d points, from %d to %d", len(all), all[0].Time, all[len(all)-1].Time)
	}
}
