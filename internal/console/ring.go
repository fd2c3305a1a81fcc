package console

import "time"

// A ring holds the last ringPoints points.
type ring struct {
	all  [ringPoints]Point
	next int   // the index of the next point
	n    int   // the number of points
	used int64 // Unix seconds of the last point with traffic
}

// add adds a point. It replaces one of the same second, which may be from the process that
// was taken over: points of a chart have distinct times.
func (r *ring) add(p Point) {
	if r.n > 0 && r.newest().Time == p.Time {
		r.next, r.n = (r.next+ringPoints-1)%ringPoints, r.n-1
	}
	r.all[r.next] = p
	r.next = (r.next + 1) % ringPoints
	r.n = min(r.n+1, ringPoints)
	if r.used == 0 || p.Rate() > 0 || p.Open > 0 {
		r.used = p.Time
	}
}

// newest returns the last point; zero if there is none.
func (r *ring) newest() Point {
	return r.all[(r.next+ringPoints-1)%ringPoints]
}

// points returns all points, oldest first.
func (r *ring) points() []Point {
	all := make([]Point, 0, r.n)
	for i := range r.n {
		all = append(all, r.all[(r.next-r.n+i+ringPoints)%ringPoints])
	}
	return all
}

// idle reports whether the ring had no traffic for so long that it can be dropped.
func (r *ring) idle(now time.Time) bool {
	return now.Unix()-r.used > int64(ringPoints)*int64(tick/time.Second)
}
