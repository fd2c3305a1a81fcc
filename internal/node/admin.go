package node

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"elbow/internal/connlimit"
	"elbow/internal/logs"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
	"elbow/internal/store/embedded"
)

// newRegistry holds the metrics of the process, without those of the control
// plane.
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
		gauge("elbow_reconcile_revision", "Revision of the store that runs.",
			func(h reconcile.Health) float64 { return float64(h.Revision) }),
		gauge("elbow_reconcile_listeners", "Sockets that should be open, redirects included.",
			func(h reconcile.Health) float64 { return float64(h.Listeners) }),
		gauge("elbow_reconcile_listeners_failing", "Of these, how many are not as desired.",
			func(h reconcile.Health) float64 { return float64(h.Failing) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// serveAdmin serves what operators look at; on no listener it does nothing.
func (n *Node) serveAdmin(l net.Listener, r *prometheus.Registry) {
	if l == nil {
		return
	}
	n.admin = l.(*net.TCPListener)
	n.own.add(l.Addr())
	n.AdminURL = "http://" + l.Addr().String()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", atMost(adminScrapes, func(w http.ResponseWriter, req *http.Request) { n.answerMetrics(w, req, r) }))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		n.look(n.loop.Health()).answer(w)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		n.takesTraffic(n.loop.Health()).answer(w)
	})
	n.serveHTTP(&http.Server{
		Handler: mux, ConnState: connlimit.State, MaxHeaderBytes: 64 << 10,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(logs.Sparing(n.log).Handler(), slog.LevelWarn),
	}, connlimit.New(l, connlimit.Limits{Conns: adminConnections, Pending: adminMemory}))
}

// A health is what /healthz and /readyz answer.
type health struct {
	Status   string   `json:"status"`             // ok, warning, failing or draining
	Errors   []string `json:"errors,omitempty"`   // what is broken
	Warnings []string `json:"warnings,omitempty"` // what will be, or is for one customer

	Revision  int64 `json:"revision"`  // of the store, that runs
	Listeners int   `json:"listeners"` // sockets that should be open
	Failing   int   `json:"failing"`   // of these, how many are not as desired

	OpenFilesLimit int `json:"open_files_limit,omitempty"` // of the process
	ListenerFiles  int `json:"listener_files,omitempty"`   // of these, what the listeners take with a takeover

	StoreBytes int64 `json:"store_bytes,omitempty"`
	StoreQuota int64 `json:"store_quota,omitempty"`
}

// look is the whole truth: whether calls can be made and take effect. Traffic
// may well go on while it says failing.
func (n *Node) look(loop reconcile.Health) health {
	h := n.takesTraffic(loop)
	var member embedded.Health
	stuck := n.stuckBy()
	if stuck != nil {
		h.Errors = append(h.Errors, "store: "+stuck.Error())
	}
	if control := n.control.Load(); control != nil {
		member = control.member.Health()
		h.Warnings = append(h.Warnings, invalidWarnings(invalidAt(control.mirror.Desired(), time.Now()))...)
		if control.clock != nil && time.Since(control.opened) < clockWarning {
			h.Warnings = append(h.Warnings, control.clock.Error())
		}
		if control.history != nil {
			if err := control.history.Warning(); err != nil {
				h.Warnings = append(h.Warnings, "history: "+err.Error())
			}
		}
	} else if stuck == nil {
		h.Warnings = append(h.Warnings, "store: handed to a newer process, which is taking over")
	}
	h.StoreBytes, h.StoreQuota = member.Size, member.Quota
	h.OpenFilesLimit, h.ListenerFiles = openFilesLimit(), n.traffic.ListenerDescriptors()
	if member.Err != nil {
		h.Errors = append(h.Errors, "store: "+member.Err.Error())
	}
	if loop.Stalled > 0 {
		h.Errors = append(h.Errors, fmt.Sprintf("reconcile: no pass has ended for %s, so that changes have no effect; /debug/pprof/goroutine?debug=2 shows where it stands", loop.Stalled.Round(time.Second)))
	}
	if loop.Report != nil {
		h.Errors = append(h.Errors, "status reports: "+loop.Report.Error())
	}
	if member.Warning != nil {
		h.Warnings = append(h.Warnings, "store: "+member.Warning.Error())
	}
	if text := n.filesWarning(); text != "" {
		h.Warnings = append(h.Warnings, text)
	}
	if loop.Failing > 0 {
		h.Warnings = append(h.Warnings, fmt.Sprintf("%d of %d listeners are not as desired; their statuses say why", loop.Failing, loop.Listeners))
	}
	if n.apiPair != nil {
		if err := n.apiPair.validity(time.Now()); err != nil {
			h.Warnings = append(h.Warnings, err.Error())
		}
	}
	h.conclude()
	return h
}

// takesTraffic is for whoever sends clients to this node: that the store is
// full is no reason to send them elsewhere.
func (n *Node) takesTraffic(loop reconcile.Health) health {
	h := health{Revision: loop.Revision, Listeners: loop.Listeners, Failing: loop.Failing}
	switch {
	case n.draining.Load():
		h.Status = "draining"
	case loop.Revision == 0:
		h.Errors = append(h.Errors, "reconcile: the listeners are not open yet")
	}
	h.conclude()
	return h
}

func (h *health) conclude() {
	switch {
	case h.Status == "draining":
	case len(h.Errors) > 0:
		h.Status = "failing"
	case len(h.Warnings) > 0:
		h.Status = "warning"
	default:
		h.Status = "ok"
	}
}

func (h health) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if h.Status == "failing" || h.Status == "draining" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(h) // whoever asked may be gone
}

// atMost answers 503 to requests beyond so many at once. Of those an answer ends
// after scrapeTime, taken or not.
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
		_ = control.SetWriteDeadline(time.Now().Add(scrapeTime)) // without one the writes just block for longer
		serve(w, r)
		if control.Flush() == nil {
			_ = control.SetWriteDeadline(time.Time{}) // for the next request on the connection
		}
	}
}
