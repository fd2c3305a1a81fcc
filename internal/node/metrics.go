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
	"elbow/internal/proxy"
)

// A metricsPage serves /metrics.
type metricsPage struct {
	process   *prometheus.Registry
	control   func() *controlPlane // returns nil while another process owns the store
	traffic   *proxy.Proxy
	listeners int // that have their own histograms
	backends  int // that have their own series
}

// ServeHTTP writes all metrics in the text format of Prometheus. Those of listeners and
// backends, which may be many thousand, are written while they are read.
func (m *metricsPage) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	all := prometheus.Gatherers{m.process}
	if control := m.control(); control != nil { // nil while another process owns the store
		all = append(all, control.registry)
	}
	families, err := all.Gather()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", metrics.ContentType)
	if !takesGzip(req) {
		err = m.write(w, families)
	} else {
		w.Header().Set("Content-Encoding", "gzip")
		packed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // fails only for an unknown level
		if err = m.write(packed, families); err == nil {
			err = packed.Close()
		}
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the client has disconnected, or must not take a part for the whole
	}
}

func (m *metricsPage) write(out io.Writer, families []*dto.MetricFamily) error {
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(out, family); err != nil {
			return err
		}
	}
	return m.traffic.WriteMetrics(out, m.listeners, m.backends)
}

// takesGzip reports whether the client accepts gzip (RFC 9110, 12.5.3).
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
