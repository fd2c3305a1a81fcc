package main

import (
	"cmp"
	"compress/gzip"
	"flag"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"elbow/internal/metrics"
)

// metricsFlags are those that bound what a scrape takes.
func (c *config) metricsFlags(f *flag.FlagSet) {
	f.IntVar(&c.metricsListeners, "metrics-listeners", c.metricsListeners,
		"listeners up to which /metrics has everything of each of them, 11 KB a listener. Of\n"+
			"more than that histograms are of all together, and counters of faults and refusals\n"+
			"come once they are not 0: 1.3 KB a listener")
	f.IntVar(&c.metricsBackends, "metrics-backends", c.metricsBackends,
		"backends, counted for each listener, up to which /metrics has each of them, 10 KB a\n"+
			"backend. More than that are added up by listener: 1.3 KB a listener")
}

func (c *config) validateMetrics() error {
	return cmp.Or(
		within("-metrics-listeners", c.metricsListeners, 0, maxCount),
		within("-metrics-backends", c.metricsBackends, 0, maxCount))
}

// answerMetrics writes all metrics in the text format of Prometheus. Those of
// listeners and backends, of which there may be many thousand, are written as they
// are read.
func (n *node) answerMetrics(w http.ResponseWriter, req *http.Request, r *prometheus.Registry) {
	all := prometheus.Gatherers{r}
	if control := n.control.Load(); control != nil { // else another process has it
		all = append(all, control.registry)
	}
	families, err := all.Gather()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", metrics.ContentType)
	if !takesGzip(req) {
		err = n.writeMetrics(w, families)
	} else {
		w.Header().Set("Content-Encoding", "gzip")
		packed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // fails only for an unknown level
		if err = n.writeMetrics(packed, families); err == nil {
			err = packed.Close()
		}
	}
	if err != nil {
		panic(http.ErrAbortHandler) // who asked is gone, or must not take a part for the whole
	}
}

func (n *node) writeMetrics(out io.Writer, families []*dto.MetricFamily) error {
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(out, family); err != nil {
			return err
		}
	}
	return n.traffic.WriteMetrics(out, n.config.metricsListeners, n.config.metricsBackends)
}

// takesGzip reports whether the client says that it reads gzip (RFC 9110, 12.5.3).
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, weighted := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		n, err := strconv.ParseFloat(q, 64)
		return !weighted || err == nil && n > 0
	}
	return false
}
