package node

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"elbow/internal/reconcile"
	"elbow/internal/store/embedded"
)

// A report describes the health of the node: as a whole, or only as far as it matters for
// taking traffic.
type report struct {
	config   Config
	data     *dataPlane
	store    *ownership
	pair     *keyPair     // of the API; nil: plain HTTP
	draining *atomic.Bool // whether the node accepts nothing new
}

// A health is the JSON document of /healthz and /readyz.
type health struct {
	Status   string   `json:"status"`             // ok, warning, failing or draining
	Errors   []string `json:"errors,omitempty"`   // what does not work
	Warnings []string `json:"warnings,omitempty"` // what will fail, or does not work for one customer

	Revision  int64 `json:"revision"`  // of the store, that is in force
	Listeners int   `json:"listeners"` // sockets that should be open
	Failing   int   `json:"failing"`   // how many of them are not as desired

	OpenFilesLimit int `json:"open_files_limit,omitempty"` // of the process
	ListenerFiles  int `json:"listener_files,omitempty"`   // how many files the listeners need, a takeover included

	StoreBytes int64 `json:"store_bytes,omitempty"`
	StoreQuota int64 `json:"store_quota,omitempty"`
}

// look reports the complete health: whether calls can be made and take effect. Traffic may
// go on while the status is failing.
func (r *report) look(loop reconcile.Health) health {
	h := r.takesTraffic(loop)
	var member embedded.Health
	stuck := r.store.stuckBy()
	if stuck != nil {
		h.Errors = append(h.Errors, "store: "+stuck.Error())
	}
	if control := r.store.control(); control != nil {
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
	h.OpenFilesLimit, h.ListenerFiles = openFilesLimit(), r.data.traffic.Files().Listeners()
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
	h.Warnings = append(h.Warnings, nameWarnings(r.data.names.States(), time.Now())...)
	if text := r.filesWarning(); text != "" {
		h.Warnings = append(h.Warnings, text)
	}
	if loop.Failing > 0 {
		h.Warnings = append(h.Warnings, fmt.Sprintf("%d of %d listeners are not as desired; their statuses say why", loop.Failing, loop.Listeners))
	}
	if r.pair != nil {
		if err := r.pair.validity(time.Now()); err != nil {
			h.Warnings = append(h.Warnings, err.Error())
		}
	}
	h.conclude()
	return h
}

// takesTraffic reports whether clients should be sent to this node. A store that is full
// is no reason to send them elsewhere.
func (r *report) takesTraffic(loop reconcile.Health) health {
	h := health{Revision: loop.Revision, Listeners: loop.Listeners, Failing: loop.Failing}
	switch {
	case r.draining.Load():
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
	_ = enc.Encode(h) // the client may have disconnected
}
