package node

import (
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"elbow/internal/connlimit"
	"elbow/internal/logs"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
)

// newRegistry registers the metrics of the process, except those of the control plane.
func newRegistry(version string, traffic *proxy.Proxy, loop *reconcile.Loop) *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "elbow_build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	gauge := func(name, help string, of func(reconcile.Health) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return of(loop.Health()) })
	}
	r.MustRegister(
		build, traffic.Collector(),
		gauge("elbow_reconcile_revision", "Revision of the store whose desired state is applied.",
			func(h reconcile.Health) float64 { return float64(h.Revision) }),
		gauge("elbow_reconcile_listeners", "Listening sockets that are desired, including those of redirects.",
			func(h reconcile.Health) float64 { return float64(h.Listeners) }),
		gauge("elbow_reconcile_listeners_failing", "Number of desired listening sockets that are not open, or not with the desired configuration.",
			func(h reconcile.Health) float64 { return float64(h.Failing) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// newAdminServer returns the server of /metrics, /healthz and /readyz.
func newAdminServer(r *report, m *metricsPage, log *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", atMost(adminScrapes, m.ServeHTTP))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		r.look(r.data.loop.Health()).answer(w)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r.takesTraffic(r.data.loop.Health()).answer(w)
	})
	return &http.Server{
		Handler: mux, ConnState: connlimit.State, MaxHeaderBytes: 64 << 10,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(logs.Sparing(log).Handler(), slog.LevelWarn),
	}
}

// atMost serves up to limit requests at a time and answers 503 to any beyond. A response
// ends after scrapeTime at the latest, whether or not the client has read it.
func atMost(limit int, serve http.HandlerFunc) http.HandlerFunc {
	places := make(chan struct{}, limit)
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "enough requests of this kind are being answered", http.StatusServiceUnavailable)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(scrapeTime)) // if the deadline cannot be set, writes only block for longer
		serve(w, r)
		if control.Flush() == nil {
			_ = control.SetWriteDeadline(time.Time{}) // for the next request on the connection
		}
	}
}
