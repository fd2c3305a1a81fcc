package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"elbow/internal/store"
)

// A node is the whole product in this process.
type node struct {
	log        *slog.Logger
	apiURL     string
	adminURL   string // "": off
	consoleURL string // "": off

	ends    []func(context.Context) // what started last ends first
	reloads []func() error          // at SIGHUP
	failed  chan error              // a server that ended by itself; has room for all of them

	draining atomic.Bool
}

func newNode(log *slog.Logger) *node {
	return &node{log: log, failed: make(chan error, 2)}
}

// atEnd notes what ends a part. It is called after the ends of all parts that
// were started later.
func (n *node) atEnd(end func()) {
	n.ends = append(n.ends, func(context.Context) { end() })
}

// close drains and ends everything; what is left when ctx ends is cut.
func (n *node) close(ctx context.Context) {
	n.draining.Store(true)
	for len(n.ends) > 0 {
		last := len(n.ends) - 1
		n.ends[last](ctx)
		n.ends = n.ends[:last]
	}
}

// end is close without patience.
func (n *node) end() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n.close(ctx)
}

// untilEnd returns at a signal to end, or with the error of a server that
// ended by itself.
func (n *node) untilEnd(signals <-chan os.Signal) error {
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				n.log.Info("draining", "signal", s.String())
				return nil
			}
			n.reload()
		case err := <-n.failed:
			n.log.Error("draining", "err", err)
			return err
		}
	}
}

// reload opens files anew. One that cannot be opened leaves the old one in use.
func (n *node) reload() {
	for _, again := range n.reloads {
		if err := again(); err != nil {
			n.log.Error("not reloaded", "err", err)
		}
	}
	n.log.Info("reloaded")
}

// run runs a part in the background. At the end it is stopped, waited for and
// drained.
func (n *node) run(run, drain func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx; the function below waits
		defer close(done)
		run(ctx)
	}()
	n.ends = append(n.ends, func(ctx context.Context) {
		stop()
		<-done
		drain(ctx)
	})
}

// mirror follows the store until the node ends.
func (n *node) mirror(s *store.Store) (*store.Mirror, error) {
	ctx, stop := context.WithCancel(context.Background())
	m, err := s.Mirror(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	n.atEnd(func() {
		stop()
		m.Wait()
	})
	return m, nil
}

// answerTime is how long a call that is under way may still take when the node
// ends.
const answerTime = 5 * time.Second

// serveHTTP runs an HTTP server in the background until the node ends.
func (n *node) serveHTTP(server *http.Server, l net.Listener) {
	done := make(chan struct{})
	go func() { // ends with the server; the function below waits
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.failed <- err
		}
	}()
	n.ends = append(n.ends, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // what did not end in time is cut
		}
		<-done
	})
}
