package demo

import (
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A demoBackend answers with its name and counts its requests.
type demoBackend struct {
	name     string
	weight   int
	address  string // IP:port
	requests atomic.Int64

	server *http.Server
	done   chan struct{} // closed when the server has ended
}

// probePath is the path of health checks, which are not counted.
const probePath = "/health"

func newDemoBackend(name string, weight int) (*demoBackend, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &demoBackend{name: name, weight: weight, address: l.Addr().String(), done: make(chan struct{})}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	go b.run(l) // ends when close closes the server; close waits
	return b, nil
}

func (b *demoBackend) run(l net.Listener) {
	defer close(b.done)
	_ = b.server.Serve(l) // the demo's numbers show a backend that fails
}

func (b *demoBackend) close() {
	_ = b.server.Close() // there is nothing to lose
	<-b.done
}

func (b *demoBackend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != probePath {
		b.requests.Add(1)
	}
	_, _ = fmt.Fprintf(w, "hello from %s\n", b.name) // the client may have disconnected
}
