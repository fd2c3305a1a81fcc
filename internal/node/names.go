package node

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/names"
)

// namesFile is the file in the data directory that keeps the last addresses of the domain
// names of backends.
const namesFile = "names.json"

// maxNameWarnings bounds the names that /healthz lists.
const maxNameWarnings = 10

var (
	lookupsDesc = prometheus.NewDesc("elbow_dns_lookups_total",
		"Lookups of the domain names of backends: with addresses (found), with the answer that there is none (absent), and without an answer (failed).",
		[]string{"result"}, nil)
	namesDesc   = prometheus.NewDesc("elbow_dns_names", "Domain names of backends.", nil, nil)
	failingDesc = prometheus.NewDesc("elbow_dns_names_unresolved", "Domain names of backends whose last lookup found no address; addresses from before stay in use.", nil, nil)
	oldestDesc  = prometheus.NewDesc("elbow_dns_oldest_answer_timestamp_seconds",
		"When the last answer came with the addresses that are in use, of the name that has been without one the longest; 0: there is no name with addresses.", nil, nil)
)

// resolution is a prometheus.Collector of the lookups of domain names.
type resolution struct{ names *names.Resolver }

func (r resolution) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{lookupsDesc, namesDesc, failingDesc, oldestDesc} {
		ch <- d
	}
}

func (r resolution) Collect(ch chan<- prometheus.Metric) {
	found, absent, failed := r.names.Counts()
	for result, n := range map[string]uint64{"found": found, "absent": absent, "failed": failed} {
		ch <- prometheus.MustNewConstMetric(lookupsDesc, prometheus.CounterValue, float64(n), result)
	}
	all := r.names.States()
	failing, oldest := 0, time.Time{}
	for _, s := range all {
		if s.Err != nil {
			failing++
		}
		if !s.Resolved.IsZero() && (oldest.IsZero() || s.Resolved.Before(oldest)) {
			oldest = s.Resolved
		}
	}
	since := 0.0
	if !oldest.IsZero() {
		since = float64(oldest.Unix())
	}
	ch <- prometheus.MustNewConstMetric(namesDesc, prometheus.GaugeValue, float64(len(all)))
	ch <- prometheus.MustNewConstMetric(failingDesc, prometheus.GaugeValue, float64(failing))
	ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, since)
}

// nameWarnings say which domain names of backends do not resolve at now, and how old the
// addresses are that are used for them.
func nameWarnings(all []names.State, now time.Time) (warnings []string) {
	more := 0
	for _, s := range all {
		switch {
		case s.Err == nil:
		case len(warnings) == maxNameWarnings:
			more++
		case len(s.Addresses) == 0:
			warnings = append(warnings, fmt.Sprintf("dns: %s, a name of backends, has never been resolved: %v", s.Name, s.Err))
		default:
			warnings = append(warnings, fmt.Sprintf("dns: %s, a name of backends, does not resolve; its addresses of %s ago stay in use: %v",
				s.Name, now.Sub(s.Resolved).Round(time.Second), s.Err))
		}
	}
	if more > 0 {
		warnings = append(warnings, fmt.Sprintf("dns: and %d more names do not resolve", more))
	}
	return warnings
}
