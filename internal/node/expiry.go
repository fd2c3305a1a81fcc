package node

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/elb"
	"elbow/internal/store"
)

// maxExpiries bounds the series of certificates. If there are more, those that expire
// first are exported.
const maxExpiries = 1000

var expiryDesc = prometheus.NewDesc("elbow_certificate_expiry_timestamp_seconds",
	"Expiry times of the certificates of listeners; of more than "+strconv.Itoa(maxExpiries)+", those that expire first.",
	[]string{"certificate", "name"}, nil)

// expiries is a prometheus.Collector of the expiry times of the certificates that
// listeners serve.
type expiries struct{ desired func() store.Desired }

func (e expiries) Describe(ch chan<- *prometheus.Desc) { ch <- expiryDesc }

func (e expiries) Collect(ch chan<- prometheus.Metric) {
	for _, c := range served(e.desired()) {
		ch <- prometheus.MustNewConstMetric(expiryDesc, prometheus.GaugeValue, float64(c.NotAfter.Unix()),
			strconv.FormatInt(c.ID, 10), strings.ToValidUTF8(c.Name, "?"))
	}
}

// inUse yields the certificates that listeners have, each once.
func inUse(d store.Desired) iter.Seq[elb.Certificate] {
	return func(yield func(elb.Certificate) bool) {
		seen := make(map[string]bool)
		for i := range d.Listeners {
			for _, id := range elb.CertificateIDs(d.Listeners[i].CertificateID) {
				c, there := d.Certificates[id]
				if !there || seen[id] {
					continue
				}
				seen[id] = true
				if !yield(c) {
					return
				}
			}
		}
	}
}

// served returns the certificates that listeners serve, ordered by expiry, at most
// maxExpiries of them.
func served(d store.Desired) []elb.Certificate {
	all := slices.Collect(inUse(d))
	slices.SortFunc(all, func(a, b elb.Certificate) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), maxExpiries)]
}
