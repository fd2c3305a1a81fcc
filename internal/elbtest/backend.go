package elbtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A Backend is an HTTP server that answers with its name. Its handlers can be replaced
// while it runs.
type Backend struct {
	Name    string // also its ServerId
	Address string // IP:port

	server *httptest.Server

	mu       sync.Mutex
	serve    http.HandlerFunc // guarded by mu; nil: answers with the name
	probe    http.HandlerFunc // of probes; guarded by mu; nil: 200
	requests int              // guarded by mu
	probes   map[string]int   // by path; guarded by mu
}

// ProbePath is the prefix of the paths of the tests' health checks, by which a backend
// tells a probe from a request.
const ProbePath = "/probe"

// NewBackend starts a backend; it ends with the test.
func NewBackend(t testing.TB, name string) *Backend {
	t.Helper()
	b := &Backend{Name: name, probes: make(map[string]int)}
	b.server = httptest.NewServer(b)
	b.Address = b.server.Listener.Addr().String()
	t.Cleanup(func() {
		b.server.CloseClientConnections()
		b.server.Close()
	})
	return b
}

// ServeHTTP answers a request or a probe.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	serve, probe := b.serve, b.probe
	isProbe := strings.HasPrefix(r.URL.Path, ProbePath)
	if isProbe {
		b.probes[r.URL.Path]++
	} else {
		b.requests++
	}
	b.mu.Unlock()
	w.Header().Set("X-Backend", b.Name)
	switch {
	case isProbe && probe != nil:
		probe(w, r)
	case !isProbe && serve != nil:
		serve(w, r)
	default:
		_, _ = fmt.Fprintln(w, b.Name) // the client may have disconnected
	}
}

// Serve replaces the handler of requests.
func (b *Backend) Serve(h http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serve = h
}

// Probe replaces the handler of probes.
func (b *Backend) Probe(h http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probe = h
}

// Requests returns the number of requests so far, without probes.
func (b *Backend) Requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests
}

// Probes returns the number of probes of a path so far.
func (b *Backend) Probes(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.probes[path]
}

// Port returns the backend's port.
func (b *Backend) Port() string { return portOf(b.Address) }

// Stop closes the backend's socket and connections.
func (b *Backend) Stop() {
	b.server.CloseClientConnections()
	b.server.Close()
}

// Status returns a handler that answers with a status and no body.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
