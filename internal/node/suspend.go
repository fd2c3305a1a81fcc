package node

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"elbow/internal/backup"
	"elbow/internal/gateway"
)

// How a node stands still, so that the store can be handed over or replaced, and
// goes on.

const (
	// callsEndWithin is how long calls under way may take when the store is about to
	// be let go of: longer than the gateway lets any of them take.
	callsEndWithin = 20 * time.Second

	// The time between two tries to get the store back grows from reopenFirst to
	// reopenLast: another process may still have it, or the disk refuses writes.
	reopenFirst = time.Second
	reopenLast  = time.Minute
)

// during does what takes its time, and listens to signals meanwhile. It reports
// whether one came that ends the node; the context of do has ended then.
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
				n.reload()
			}
			return ended
		}
	}
}

// halt lets no call in any more, waits for those under way, and has what runs stay
// as it is. Traffic goes on.
func (n *Node) halt(ctx context.Context) error {
	if control := n.control.Load(); control != nil {
		control.endStreams() // whoever reads them comes again
	}
	ctx, cancel := context.WithTimeout(ctx, callsEndWithin)
	defer cancel()
	if err := n.door.shut(ctx); err != nil {
		return fmt.Errorf("calls are under way: %w", err)
	}
	n.stopLoop()
	return nil
}

// resume undoes halt, and takes the store again if it was let go of. What does not
// succeed untilEnd tries again; meanwhile calls are refused. It does nothing if
// ctx has ended.
func (n *Node) resume(ctx context.Context) {
	n.traffic.Resume()
	if ctx.Err() != nil {
		return
	}
	n.stopLoop()
	if err := n.takeStore(ctx); err != nil {
		n.pause = min(max(2*n.pause, reopenFirst), reopenLast)
		n.reopen = time.After(n.pause)
		n.log.Error("store not in use, traffic goes on without", "err", err, "retry_in", n.pause.Seconds())
		n.stuck.Store(&err)
		n.door.open(refusing{err})
		return
	}
	n.reopen, n.pause = nil, 0
	n.stuck.Store(nil)
	control := n.control.Load()
	n.loop.Resume(control.mirror, control.stored.ReportStatus)
	n.stopLoop = background(n.loop.Run)
	control.beginStreams()
	n.door.open(control.handler)
}

// again is resume after a while.
func (n *Node) again(ctx context.Context) {
	if err := n.halt(ctx); err != nil {
		n.reopen = time.After(n.pause)
		return
	}
	n.resume(ctx)
}

// takeStore opens the store if it was let go of, and finishes a restore.
func (n *Node) takeStore(ctx context.Context) error {
	if control := n.control.Load(); control != nil {
		revision, err := backup.Finish(ctx, n.config.Data, control.stored, n.log, n.restored)
		if err != nil {
			return err
		}
		return control.mirror.Await(ctx, revision)
	}
	control, err := n.openControl(ctx, n.nonces)
	if err != nil {
		return err
	}
	if err := control.openHandler(n); err != nil {
		control.close()
		return err
	}
	n.control.Store(control)
	n.log.Info("store opened again")
	return nil
}

// renew opens the store again after it has failed: a disk that refuses one write
// may take the next. One that does not is tried rarely, as what is left of a store
// that failed takes memory until the process ends.
func (n *Node) renew(ctx context.Context) {
	n.log.Warn("store failed, opening it again")
	if err := n.suspend(ctx); err != nil {
		n.log.Warn("calls still wait for the store that failed", "err", err)
		n.stopLoop()
		n.closeControl()
	}
	n.resume(ctx)
}

// restored tells whoever waits for a restore how far it is.
func (n *Node) restored(made, of int) {
	if n.progress != nil {
		n.progress(made, of)
	}
}

// stuckBy is why the store is not in use; nil if it is.
func (n *Node) stuckBy() error {
	if err := n.stuck.Load(); err != nil {
		return *err
	}
	return nil
}

// refusing answers calls while the store cannot be used.
type refusing struct{ why error }

func (f refusing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	gateway.Unavailable(w, r, "The store is not in use: "+f.why.Error())
}

// restore makes all that is stored what a backup says. Nobody sees the store
// meanwhile: calls wait, and what runs stays as it is.
func (n *Node) restore(ctx context.Context, r *backup.Order) {
	err := n.halt(ctx)
	if err == nil {
		if err = r.Stage(n.config.Data); err == nil {
			n.progress = r.Progress
		}
	}
	if err != nil {
		n.log.Error("backup not restored, nothing was changed", "err", err)
	}
	n.resume(ctx)
	n.progress = nil
	if err == nil {
		err = n.stuckBy()
	}
	r.Done <- err
}
