package node

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/elb"
	"elbow/internal/store"
)

// invalidCheck is the time between two checks of whether certificates are valid.
const invalidCheck = time.Minute

// maxInvalid bounds the certificates that /healthz names.
const maxInvalid = 5

// An invalid is a certificate that a listener serves outside its validity period.
type invalid struct {
	elb.Certificate
	expired bool // else it is not valid yet
}

// reason returns a value of the metric's label.
func (i invalid) reason() string {
	if i.expired {
		return "expired"
	}
	return "not_yet_valid"
}

// at returns when the validity ended or will begin.
func (i invalid) at() time.Time {
	if i.expired {
		return i.NotAfter
	}
	return i.NotBefore
}

func (i invalid) String() string {
	verb := "is not valid before"
	if i.expired {
		verb = "expired at"
	}
	return fmt.Sprintf("certificate %d (%s), which a listener has, %s %s", i.ID, i.Name, verb, i.at().UTC().Format(time.RFC3339))
}

// invalidAt returns the certificates of listeners that are not valid at a time, ordered by
// id.
func invalidAt(d store.Desired, now time.Time) (all []invalid) {
	for c := range inUse(d) {
		if expired := now.After(c.NotAfter); expired || now.Before(c.NotBefore) {
			all = append(all, invalid{c, expired})
		}
	}
	slices.SortFunc(all, func(a, b invalid) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// invalidWarnings returns the warnings of /healthz about them.
func invalidWarnings(all []invalid) (texts []string) {
	for i, one := range all {
		if i == maxInvalid {
			return append(texts, fmt.Sprintf("certificates: %d more are not valid", len(all)-i))
		}
		texts = append(texts, one.String())
	}
	return texts
}

// watchInvalid logs when a certificate of a listener becomes invalid or valid, until ctx
// ends. A listener with another certificate for the same name serves that one.
func watchInvalid(ctx context.Context, desired func() store.Desired, log *slog.Logger) {
	tick := time.NewTicker(invalidCheck)
	defer tick.Stop()
	told := make(map[string]bool)
	for {
		now := make(map[string]bool)
		for _, one := range invalidAt(desired(), time.Now()) {
			key := fmt.Sprint(one.ID, one.reason())
			now[key] = true
			if !told[key] {
				log.Warn("certificate not valid", "certificate", one.ID, "name", one.Name, "reason", strings.ReplaceAll(one.reason(), "_", " "), "at", one.at().UTC())
			}
		}
		if len(told) > 0 && len(now) == 0 {
			log.Info("certificates all valid")
		}
		told = now
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

var invalidDesc = prometheus.NewDesc("elbow_certificates_invalid",
	"Certificates of listeners that are not valid now, by reason.", []string{"reason"}, nil)

// invalids is a prometheus.Collector of their numbers.
type invalids struct{ desired func() store.Desired }

// Describe implements prometheus.Collector.
func (i invalids) Describe(ch chan<- *prometheus.Desc) { ch <- invalidDesc }

// Collect implements prometheus.Collector.
func (i invalids) Collect(ch chan<- prometheus.Metric) {
	count := map[string]int{"expired": 0, "not_yet_valid": 0}
	for _, one := range invalidAt(i.desired(), time.Now()) {
		count[one.reason()]++
	}
	for reason, n := range count {
		ch <- prometheus.MustNewConstMetric(invalidDesc, prometheus.GaugeValue, float64(n), reason)
	}
}

// validity returns an error if the API's own certificate is not valid at a time.
func (p *keyPair) validity(now time.Time) error {
	leaf := p.current.Load().Leaf
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("-api-cert: the certificate of the API and the console expired at %s: replace the file and send SIGHUP", leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("-api-cert: the certificate of the API and the console is not valid before %s", leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}
