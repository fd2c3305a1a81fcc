package elbtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A Backend is an HTTP server that says its name. What it does beyond that is
// up to its handlers, which may be exchanged while it runs.
type Backend struct {
	Name    string // also its ServerId
	Address string // IP:port

	server *httptest.Server

	mu       sync.Mutex
	serve    http.HandlerFunc // guarded by mu; nil: say the name
	probe    http.HandlerFunc // of probes; guarded by mu; nil: 200
	requests int              // guarded by mu
	probes   map[string]int   // by path; guarded by mu
}

// ProbePath is how the paths of the tests' health checks begin, so that a
// backend can tell a probe from a request.
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
		_, _ = fmt.Fprintln(w, b.Name) // the client may be gone
	}
}

// Serve exchanges what requests get.
func (b *Backend) Serve(h http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serve = h
}

// Probe exchanges what probes get.
func (b *Backend) Probe(h http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probe = h
}

// Requests is the number of requests so far, without probes.
func (b *Backend) Requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests
}

// Probes is the number of probes of a path so far.
func (b *Backend) Probes(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.probes[path]
}

// Port is the backend's port.
func (b *Backend) Port() string {
	_, port, _ := net.SplitHostPort(b.Address)
	return port
}

// Stop closes the backend's socket and connections.
func (b *Backend) Stop() {
	b.server.CloseClientConnections()
	b.server.Close()
}

// Status answers with a status and nothing else.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
