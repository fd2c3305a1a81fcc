package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"elbow/internal/api"
)

// maxTroubles is how many lines a list of the overview has; the number above it
// counts all.
const maxTroubles = 8

// An overviewPage is what is going on, as far as the visitor may see it.
type overviewPage struct {
	May     bool // see load balancers at all
	Missing problem
	Counts  counts

	Unhealthy, Failing []trouble
	Busiest            []busy

	Early            []EarlyCertificate
	Certificates     []api.CertificateOrder // that expire within 30 days, or have
	CertificateCount int64
	CertificateIssue *problem
}

// A busy is a load balancer with traffic.
type busy struct {
	ID, Name string
	Rate     float32 // exchanges a second
	Errors   float32 // of these, 5xx
}

// watching is the action that what is live stands under: it tells of the same
// things that this operation does.
const watching = "ens:DescribeLoadBalancers"

// overviewPages show how all load balancers stand, and the series of the charts.
type overviewPages struct{ *visit }

func (v overviewPages) overview() error {
	page := overviewPage{May: v.may(watching)}
	if page.May {
		s := v.State()
		page.Counts = countsOf(s)
		page.Unhealthy, page.Failing = first(unhealthy(s)), first(failing(s))
		page.Busiest = v.busiest(s)
	} else {
		page.Missing = notAllowed(watching, "")
	}
	for _, status := range []string{"EXPIRED", "WILLEXPIRED"} {
		if err := v.needsCall("ListUserCertificateOrder", nil); err != nil {
			p := v.problemOf(err)
			page.CertificateIssue = &p
			break
		}
		out, err := ask[api.ListUserCertificateOrderOutput](v.visit, "ListUserCertificateOrder", map[string]string{"Status": status, "ShowSize": "8"})
		if err != nil {
			p := v.problemOf(err)
			page.CertificateIssue = &p
			break
		}
		page.Certificates = append(page.Certificates, out.CertificateOrderList...)
		page.CertificateCount += out.TotalCount
	}
	if page.CertificateIssue == nil && v.Early != nil {
		early := v.Early()
		page.Early = early[:min(len(early), maxTroubles)]
	}
	return v.show("overview", "Overview", page)
}

func first(all []trouble) []trouble { return all[:min(len(all), maxTroubles)] }

// busiest are the load balancers with the most exchanges at this moment.
func (v overviewPages) busiest(s State) []busy {
	names := namesOf(s)
	var all []busy
	for id, p := range v.newest() {
		if name, there := names[id]; there && p.Rate() > 0 {
			all = append(all, busy{ID: id, Name: name, Rate: p.Rate(), Errors: p.ByClass[4]})
		}
	}
	slices.SortFunc(all, func(a, b busy) int { return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.ID, b.ID)) })
	return all[:min(len(all), maxTroubles)]
}

// newest are the last points of all load balancers. The first page after a time
// without any waits for them.
func (v overviewPages) newest() map[string]Point {
	select {
	case <-v.live.want():
	case <-time.After(tick):
	case <-v.r.Context().Done():
	}
	return v.live.newest()
}

func (l *live) newest() map[string]Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]Point, len(l.rings))
	for id, r := range l.rings {
		all[id] = r.newest()
	}
	return all
}

// watchOverview streams the numbers of the overview.
func (v overviewPages) watchOverview() (topic string, err error) {
	return "", v.needs(watching)
}

// The spans that charts show.
var spans = map[string]time.Duration{"15m": 15 * time.Minute, "6h": 6 * time.Hour, "7d": 7 * 24 * time.Hour}

// series answers with the points of a chart as JSON: of the load balancer lb, or
// of all without one.
func (v overviewPages) series() error {
	if err := v.needs(watching); err != nil {
		return err
	}
	lb, span := v.r.FormValue("lb"), spans[v.r.FormValue("span")]
	var points []Point
	var err error
	switch {
	case span == 0, span > spans["15m"] && v.History == nil:
		return errNotFound
	case span > spans["15m"]:
		points, err = v.History(v.r.Context(), lb, v.Now().Add(-span))
	default:
		points, err = v.lastPoints(lb)
	}
	if err != nil {
		return err
	}
	if points == nil {
		points = []Point{}
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(points)
}

// lastPoints are the last 15 minutes: some seconds each while somebody looked, in
// this process or the one before, and else minute by minute.
func (v overviewPages) lastPoints(lb string) ([]Point, error) {
	v.live.want()
	points := v.live.points(lb)
	if v.History == nil {
		return points, nil
	}
	minutes, err := v.History(v.r.Context(), lb, v.Now().Add(-spans["15m"]))
	return withMinutes(points, minutes), err
}

// withMinutes are the points of some seconds each and, for minutes in which there
// are none, that of the minute: nobody looked then, or another process served. What
// is later than the last point is left to the next one.
func withMinutes(points, minutes []Point) []Point {
	all := make([]Point, 0, len(points)+len(minutes))
	rest := points
	for _, m := range minutes {
		seen := false
		for len(rest) > 0 && rest[0].Time <= m.Time {
			seen = seen || rest[0].Time > m.Time-60
			all, rest = append(all, rest[0]), rest[1:]
		}
		if !seen && (len(points) == 0 || len(rest) > 0) {
			all = append(all, m)
		}
	}
	return append(all, rest...)
}
