package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"elbow/internal/api"
)

// maxTroubles is the maximum length of a list on the overview; the number above the list
// counts all.
const maxTroubles = 8

// An overviewPage shows the state of all load balancers, as far as the visitor may see it.
type overviewPage struct {
	May     bool // may see load balancers at all
	Missing problem
	Counts  counts

	Unhealthy, Failing []trouble
	Busiest            []busy

	Early            []EarlyCertificate
	Certificates     []api.CertificateOrder // that have expired or will within 30 days
	CertificateCount int64
	CertificateIssue *problem
}

// A busy is a load balancer with traffic.
type busy struct {
	ID, Name string
	Rate     float32 // exchanges a second
	Errors   float32 // how many of them are 5xx
	Open     int32   // client connections and sessions
}

// watching is the action that is required for the live figures, which show the same load
// balancers as this operation.
const watching = "ens:DescribeLoadBalancers"

// overviewPages show the state of all load balancers, and the series of the charts.
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
			page.CertificateIssue = problemIf(v.visit, err)
			break
		}
		out, err := ask[api.ListUserCertificateOrderOutput](v.visit, "ListUserCertificateOrder", map[string]string{"Status": status, "ShowSize": "8"})
		if err != nil {
			page.CertificateIssue = problemIf(v.visit, err)
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

// busiest returns the load balancers with the highest rates at this moment.
func (v overviewPages) busiest(s State) []busy {
	names := namesOf(s)
	var all []busy
	for id, p := range v.newest() {
		if name, there := names[id]; there && (p.Rate() > 0 || p.Open > 0) {
			all = append(all, busy{ID: id, Name: name, Rate: p.Rate(), Errors: p.ByClass[4], Open: p.Open})
		}
	}
	slices.SortFunc(all, func(a, b busy) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(b.Open, a.Open), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), maxTroubles)]
}

// newest returns the last points of all load balancers. If the counters were not sampled
// before, it waits for the first points.
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

// watchOverview streams the figures of the overview.
func (v overviewPages) watchOverview() (topic string, err error) {
	return "", v.needs(watching)
}

// spans are the time ranges of charts.
var spans = map[string]time.Duration{"15m": 15 * time.Minute, "6h": 6 * time.Hour, "7d": 7 * 24 * time.Hour}

// series serves the points of a chart as JSON: of the load balancer lb, or of all if there
// is none.
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

// lastPoints returns the last 15 minutes: points of some seconds each while this or the
// previous process sampled, and otherwise of a minute each.
func (v overviewPages) lastPoints(lb string) ([]Point, error) {
	v.live.want()
	points := v.live.points(lb)
	if v.History == nil {
		return points, nil
	}
	minutes, err := v.History(v.r.Context(), lb, v.Now().Add(-spans["15m"]))
	return withMinutes(points, minutes), err
}

// withMinutes returns the points of some seconds each and, for minutes without any, the
// point of the minute: the console did not sample then, or another process served. Minutes
// after the last point are left to later points.
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
