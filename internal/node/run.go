package node

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Run runs a node until it is told to end or another process takes over.
func Run(c Config, log *slog.Logger) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)

	n, err := startUntil(signals, c, log)
	if n == nil {
		return err
	}
	failure := n.untilEnd(signals)
	if !n.yielded.Load() {
		notify(log, "STOPPING=1")
	}

	ctx, cut := context.WithTimeout(context.Background(), c.DrainTimeout)
	defer cut()
	go cutAtSignal(ctx, signals, cut) // ends with ctx
	n.Close(ctx)
	log.Info("ended")
	return failure
}

// cutAtSignal cancels the drain at the next signal that ends the process.
func cutAtSignal(ctx context.Context, signals <-chan os.Signal, cut context.CancelFunc) {
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				cut()
			}
		case <-ctx.Done():
			return
		}
	}
}

// abortTime is how long a start that a signal interrupts may take to close what it has
// opened. The end of the process closes the rest.
const abortTime = 2 * time.Second

// startUntil starts a node. It returns nil if a signal to end comes first.
func startUntil(signals <-chan os.Signal, c Config, log *slog.Logger) (*Node, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type outcome struct {
		node *Node
		err  error
	}
	started := make(chan outcome, 1)
	go func() { // ends with start, or with the process
		n, err := Start(ctx, c, log)
		started <- outcome{n, err}
	}()
	reload := false
	for {
		select {
		case o := <-started:
			if o.err == nil && reload {
				o.node.reloads.reload()
			}
			return o.node, o.err
		case s := <-signals:
			if s == syscall.SIGHUP {
				reload = true
				continue
			}
			log.Info("start ended", "signal", s.String())
			cancel()
			select {
			case o := <-started:
				if o.node != nil {
					o.node.end()
				}
			case <-time.After(abortTime):
			}
			return nil, nil
		}
	}
}

// untilEnd returns at a signal to end, when another process has taken over, or with the
// error of a server that has failed.
func (n *Node) untilEnd(signals <-chan os.Signal) error {
	opened := n.data.loop.Opened()
	for {
		select {
		case <-opened:
			n.ready()
			opened = nil
		case s := <-signals:
			if s != syscall.SIGHUP {
				n.log.Info("draining", "signal", s.String())
				return nil
			}
			n.reloads.reload()
		case r := <-n.requests.Requests():
			yielded := false
			if n.during(signals, func(ctx context.Context) { yielded = n.yield(ctx, r) }) || yielded {
				return nil
			}
		case r := <-n.store.restores:
			if n.during(signals, func(ctx context.Context) { n.store.restore(ctx, r) }) {
				return nil
			}
		case <-n.store.failed():
			if n.during(signals, n.store.renew) {
				return nil
			}
		case <-n.store.reopen:
			if n.during(signals, n.store.again) {
				return nil
			}
		case err := <-n.servers.failed:
			n.log.Error("draining", "err", err)
			return err
		}
	}
}

// ready reports that every listener that can be opened is open.
func (n *Node) ready() {
	h := n.data.loop.Health()
	n.log.Info("ready", "api", n.APIURL, "admin", n.AdminURL, "console", n.api.consoleURL, "version", n.config.Version,
		"listeners", h.Listeners, "failing", h.Failing)
	if h.Failing > 0 {
		n.log.Warn("some listeners are not open, their statuses say why", "failing", h.Failing, "listeners", h.Listeners)
	}
	notify(n.log, "READY=1", fmt.Sprintf("MAINPID=%d", os.Getpid()))
}

// during runs do and handles signals meanwhile. It reports whether one of them ends the
// node; then the context of do has been canceled.
func (n *Node) during(signals <-chan os.Signal, do func(ctx context.Context)) (ended bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	go func() { // ends with do; the loop below waits
		defer close(done)
		do(ctx)
	}()
	reload := false
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGHUP {
				reload = true
				continue
			}
			if !ended {
				n.log.Info("draining", "signal", s.String())
			}
			ended = true
			cancel()
		case <-done:
			if reload && !ended {
				n.reloads.reload()
			}
			return ended
		}
	}
}
