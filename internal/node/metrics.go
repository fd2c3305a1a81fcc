package node

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"elbow/internal/metrics"
)

// answerMetrics writes all metrics in the text format of Prometheus. Those of
// listeners and backends, of which there may be many thousand, are written as they
// are read.
func (n *Node) answerMetrics(w http.ResponseWriter, req *http.Request, r *prometheus.Registry) {
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

func (n *Node) writeMetrics(out io.Writer, families []*dto.MetricFamily) error {
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(out, family); err != nil {
			return err
		}
	}
	return n.traffic.WriteMetrics(out, n.config.MetricsListeners, n.config.MetricsBackends)
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
