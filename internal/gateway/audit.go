package gateway

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A LogField is a field of an audit log line.
type LogField struct{ Name, Doc string }

// AuditFields are the fields of the audit log in the order of a line.
var AuditFields = []LogField{
	{"time", "UTC, when the call arrived"},
	{"request_id", "RequestId, as the answer has it"},
	{"account", "account of the caller; absent unless the signature was valid"},
	{"user", "name of the RAM user, role/NAME/SESSION for a session of a role, root for the account itself; absent unless the signature was valid"},
	{"access_key", "AccessKeyId, as claimed"},
	{"source", "address that the call came from"},
	{"secure", "whether it came over TLS"},
	{"via", "console: made by a user signed in there; absent: a signed call"},
	{"version", "of the product"},
	{"action", "the operation"},
	{"params", "parameters as sent, secrets redacted; absent unless the signature was valid"},
	{"params_unlisted", "how many parameters params had no room for; absent if none"},
	{"status", "of HTTP"},
	{"code", "of the error; absent if there was none"},
	{"took", "seconds from the call to its answer"},
	{"calls", "how many refused unauthenticated calls the line sums up, within a minute, beyond the hundred that have lines of their own; absent: one call"},
}

// A record is one line of the audit log.
type record struct {
	Time      string            `json:"time"` // UTC, when the call arrived
	RequestID string            `json:"request_id"`
	Account   string            `json:"account,omitempty"`    // absent unless the signature was valid
	User      string            `json:"user,omitempty"`       // ram.Identity.Name
	AccessKey string            `json:"access_key,omitempty"` // as claimed
	Source    string            `json:"source"`
	Secure    bool              `json:"secure"`
	Via       string            `json:"via,omitempty"` // "console": made by a user signed in there; absent: a signed call
	Version   string            `json:"version,omitempty"`
	Action    string            `json:"action,omitempty"`
	Params    map[string]string `json:"params,omitempty"`          // as sent, secrets redacted; absent unless the signature was valid
	Unlisted  int               `json:"params_unlisted,omitempty"` // parameters for which params had no room
	Status    int               `json:"status"`
	Code      string            `json:"code,omitempty"` // of the error, if there was one
	Took      float64           `json:"took"`           // seconds

	// Calls is the number of calls that the line sums up: unauthenticated calls, refused in
	// the same way within a minute. The request id is that of the last one.
	// Absent: the line is for one call.
	Calls int64 `json:"calls,omitempty"`
}

func (c *call) record(status int, code string, took time.Duration) record {
	r := record{
		Time:      c.start.UTC().Format("2006-01-02T15:04:05.000Z"),
		RequestID: c.id,
		AccessKey: cut(c.req.AccessKeyID, maxAuditName),
		Source:    c.source.String(),
		Secure:    c.secure,
		Via:       c.via,
		Version:   cut(c.req.Version, maxAuditName),
		Action:    cut(c.req.Action, maxAuditName),
		Status:    status,
		Code:      code,
		Took:      took.Round(time.Microsecond).Seconds(),
	}
	if !c.known {
		return r
	}
	who := c.credential.Identity
	r.Account, r.User = who.AccountID, who.Name()
	r.Params, r.Unlisted = c.auditParams()
	return r
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// An auditLog passes lines to a goroutine that writes them. If the writer stalls,
// it delays one call by auditTimeout at most, and no further call until it has
// accepted a line: it costs lines, not calls.
type auditLog struct {
	out  io.Writer
	log  *slog.Logger
	lost prometheus.Counter

	anonymous anonymousLines

	stalled atomic.Bool // a call has waited in vain, and no line was accepted since

	lines chan []byte
	stop  chan struct{} // closed by close
	done  chan struct{} // closed when run returns
}

func newAuditLog(out io.Writer, log *slog.Logger, lost prometheus.Counter) *auditLog {
	a := &auditLog{
		out: out, log: log, lost: lost,
		lines: make(chan []byte, auditLines), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if out == nil {
		a.out = io.Discard
	}
	go a.run() // ends when close closes stop; close waits for it
	return a
}

// write passes a line to the writer, or adds the call to a sum.
func (a *auditLog) write(r record, now time.Time) {
	if r.Account == "" && !a.anonymous.admit(r, now) {
		return
	}
	line := a.encoded(r)
	select {
	case a.lines <- line:
		return
	default:
	}
	if a.stalled.Load() {
		a.lost.Inc()
		return
	}
	timeout := time.NewTimer(auditTimeout)
	defer timeout.Stop()
	select {
	case a.lines <- line:
	case <-timeout.C:
		a.lost.Inc()
		if !a.stalled.Swap(true) {
			a.log.Error("audit log stalled: dropping lines until a write completes")
		}
	}
}

// encoded is a record as a line.
func (a *auditLog) encoded(r record) []byte {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil { // texts and numbers always encode
		a.log.Error("audit line not encoded", "request_id", r.RequestID, "err", err)
	}
	return line.Bytes()
}

func (a *auditLog) run() {
	defer close(a.done)
	sums := time.NewTicker(anonymousSums)
	defer sums.Stop()
	failing := false
	for open := true; open; {
		select {
		case line := <-a.lines:
			failing = a.put(line, failing)
			continue
		case <-sums.C:
		case <-a.stop:
			open = false
			for len(a.lines) > 0 {
				failing = a.put(<-a.lines, failing)
			}
		}
		for _, r := range a.anonymous.take() {
			failing = a.put(a.encoded(r), failing)
		}
	}
}

// put writes one line and reports whether that failed. Only a change is logged.
func (a *auditLog) put(line []byte, wasFailing bool) (failing bool) {
	_, err := a.out.Write(line)
	if a.stalled.Swap(false) {
		a.log.Info("audit log no longer stalled")
	}
	switch {
	case err != nil && !wasFailing:
		a.log.Error("audit log not written", "err", err)
	case err == nil && wasFailing:
		a.log.Info("audit log written again")
	}
	if err != nil {
		a.lost.Inc()
	}
	return err != nil
}

// close ends the log after the queued lines are written, or after auditTimeout if
// the writer stalls. It must be called once, when no call is in flight.
func (a *auditLog) close() {
	close(a.stop)
	timeout := time.NewTimer(auditTimeout)
	defer timeout.Stop()
	select {
	case <-a.done:
	case <-timeout.C:
	}
}
