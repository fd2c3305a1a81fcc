// Package gateway is the way from an HTTP request to an operation and back: the
// stages that a call passes, in order. It knows neither what operations do nor
// where keys and policies are stored; both are passed to it as functions. Start
// reading at call.run.
package gateway

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/api"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A Handler implements one operation. An error that is not an *api.Error is
// internal: the client gets ens.interface.error, the log the cause.
type Handler = func(ctx context.Context, who ram.Identity, in api.Input) (out any, err error)

// A Credential is the identity and the policies of one access key.
type Credential struct {
	Identity ram.Identity
	Secret   string
	Active   bool
	Policies []*ram.Policy // attached to the user or the role; ignored for root
	Session  *ram.Policy   // restriction of a session; nil: none
}

// LogValue keeps the secret out of logs.
func (c Credential) LogValue() slog.Value {
	return slog.GroupValue(slog.String("access_key", c.Identity.AccessKeyID), slog.String("secret", "[redacted]"))
}

// Config configures a Gateway.
type Config struct {
	// Handlers are the operations served, by api.Operation.Action.
	Handlers map[string]Handler

	// Keys looks up an access key; false means that it does not exist.
	Keys func(ctx context.Context, accessKeyID string) (Credential, bool, error)

	// Sessions looks up the access key of a session by its security token. An
	// error is one of those below, or else internal. Nil: there are no sessions.
	Sessions func(ctx context.Context, accessKeyID, token string) (Credential, error)

	// Authenticated is called with the context of a request after its signature
	// was found valid; nil: not called.
	Authenticated func(ctx context.Context)

	Log        *slog.Logger          // slog.Default if nil
	Audit      io.Writer             // one JSON line per call; no audit if nil
	Registerer prometheus.Registerer // no metrics if nil
	Now        func() time.Time      // time.Now if nil

	// Nonces are the nonces that calls have used and must not use again. Nil:
	// none yet.
	Nonces *rpc.Nonces
}

// A Gateway serves the API over HTTP.
type Gateway struct {
	handlers map[string]Handler
	versions map[string]bool // those with at least one operation
	keys     func(context.Context, string) (Credential, bool, error)
	sessions func(context.Context, string, string) (Credential, error)
	known    func(context.Context)
	log      *slog.Logger
	now      func() time.Time

	nonces   *rpc.Nonces
	throttle *throttle
	audit    *auditLog
	counts   *counts
}

// New returns a gateway. Close must be called after the servers that use it are
// closed.
func New(c Config) *Gateway {
	g := &Gateway{
		handlers: c.Handlers,
		versions: make(map[string]bool),
		keys:     c.Keys,
		sessions: c.Sessions,
		known:    c.Authenticated,
		log:      cmp.Or(c.Log, slog.Default()),
		now:      c.Now,
		nonces:   c.Nonces,
		throttle: newThrottle(),
		counts:   newCounts(c.Registerer),
	}
	if g.known == nil {
		g.known = func(context.Context) {}
	}
	if g.now == nil {
		g.now = time.Now
	}
	for _, op := range api.Operations() {
		g.versions[op.Version] = true
	}
	if g.nonces == nil {
		g.nonces = rpc.NewNonces()
	}
	g.audit = newAuditLog(c.Audit, g.log, g.counts.auditLost)
	return g
}

// Nonces lists the nonces that calls have used, for a process that takes over.
func (g *Gateway) Nonces() []rpc.UsedNonce { return g.nonces.Used() }

// Close writes the queued audit lines, for at most a second.
func (g *Gateway) Close() { g.audit.close() }

// Server returns a server for the API, with limits of time and size so that slow
// clients cannot exhaust it. The caller chooses listener and TLS.
func (g *Gateway) Server() *http.Server {
	return &http.Server{
		Handler:           g,
		MaxHeaderBytes:    maxHeaderBytes,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
	}
}

// Refused counts an answer that a Port wrote without the gateway.
func (g *Gateway) Refused(status int) { g.counts.refused(status) }

// ServeHTTP answers one call.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := g.newCall(r)
	out, err := c.run(r)
	c.respond(w, out, err)
}
