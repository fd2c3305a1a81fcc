package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"elbow/internal/backup"
	"elbow/internal/elb"
	"elbow/internal/gateway"
	"elbow/internal/lockout"
	"elbow/internal/names"
	"elbow/internal/rpc"
)

// An ownership manages the store of a node: it opens the store and all parts that use it,
// releases it, or replaces it by a restored one, while traffic goes on and calls wait at
// the door. All methods but control, stuckBy and failed are called by one goroutine.
type ownership struct {
	config   Config
	log      *slog.Logger
	endpoint string    // of the API, as the first start writes it for clients
	audit    io.Writer // nil: none
	reach    *elb.Reach
	names    *names.Resolver  // of backends
	lockout  *lockout.Lockout // of passwords, at the console and in calls
	door     *door
	data     *dataPlane         // set once the store was open
	restores chan *backup.Order // restores that were requested

	current  atomic.Pointer[controlPlane] // nil while another process may own the store
	nonces   []rpc.UsedNonce              // used ones, while current is nil
	stuck    atomic.Pointer[error]        // why the store is not in use; nil: it is
	reopen   <-chan time.Time             // when to try to get the store back; nil: no need
	pause    time.Duration                // the delay before that
	progress func(made, of int)           // of the restore in progress; nil: nobody waits
}

const (
	// callsEndWithin is how long calls in flight may take before the store is released:
	// longer than the gateway allows any of them.
	callsEndWithin = 20 * time.Second

	// The time between two attempts to open the store again grows from reopenFirst to
	// reopenLast: another process may still hold it, or the disk may refuse writes.
	reopenFirst = time.Second
	reopenLast  = time.Minute
)

// control returns the control plane; nil while another process may own the store.
func (o *ownership) control() *controlPlane { return o.current.Load() }

// open opens the store. nonces are the used nonces that another process has handed over;
// nil: none has. ctx bounds the opening only.
func (o *ownership) open(ctx context.Context, nonces []rpc.UsedNonce) error {
	control, err := o.openControl(ctx, nonces)
	if err != nil {
		return err
	}
	o.current.Store(control)
	return nil
}

// close closes the store, unless another process owns it.
func (o *ownership) close() {
	if control := o.current.Swap(nil); control != nil {
		control.close()
	}
}

// failed returns a channel that is closed when the store has failed; nil if no store is
// open.
func (o *ownership) failed() <-chan struct{} {
	if control := o.control(); control != nil {
		return control.member.Failed()
	}
	return nil
}

// halt makes new calls wait, waits for those in flight, and stops changes of the data
// plane. Traffic goes on.
func (o *ownership) halt(ctx context.Context) error {
	if control := o.control(); control != nil {
		control.endStreams() // their clients connect again
		control.hurry(true)
	}
	ctx, cancel := context.WithTimeout(ctx, callsEndWithin)
	defer cancel()
	if err := o.door.shut(ctx); err != nil {
		return fmt.Errorf("calls are still in progress: %w", err)
	}
	o.data.halt()
	return nil
}

// suspend halts and releases the store. Traffic goes on with the current configuration;
// calls wait.
func (o *ownership) suspend(ctx context.Context) error {
	if err := o.halt(ctx); err != nil {
		return err
	}
	if control := o.control(); control != nil {
		o.nonces = control.calls.Nonces()
		o.close()
	}
	return nil
}

// resume undoes halt, and opens the store again if it was released. If that fails it is
// tried again at reopen, and calls are refused until then. It does nothing if ctx has
// ended.
func (o *ownership) resume(ctx context.Context) {
	o.data.traffic.Resume()
	if ctx.Err() != nil {
		return
	}
	o.data.halt()
	if err := o.takeStore(ctx); err != nil {
		o.pause = min(max(2*o.pause, reopenFirst), reopenLast)
		o.reopen = time.After(o.pause)
		o.log.Error("store not in use, traffic goes on without", "err", err, "retry_in", o.pause.Seconds())
		o.stuck.Store(&err)
		o.door.open(refusing{err})
		return
	}
	o.reopen, o.pause = nil, 0
	o.stuck.Store(nil)
	control := o.control()
	o.data.resume(control)
	control.beginStreams()
	control.hurry(false)
	o.door.open(control.handler)
}

// again calls resume after a delay.
func (o *ownership) again(ctx context.Context) {
	if err := o.halt(ctx); err != nil {
		o.reopen = time.After(o.pause)
		return
	}
	o.resume(ctx)
}

// takeStore opens the store if it was released, and completes a restore.
func (o *ownership) takeStore(ctx context.Context) error {
	if control := o.control(); control != nil {
		revision, err := backup.Finish(ctx, o.config.Data, control.stored, o.log, o.restored)
		if err != nil {
			return err
		}
		return control.mirror.Await(ctx, revision)
	}
	control, err := o.openControl(ctx, o.nonces)
	if err != nil {
		return err
	}
	if err := control.openHandler(o); err != nil {
		control.close()
		return err
	}
	o.current.Store(control)
	o.log.Info("store opened again")
	return nil
}

// renew opens the store again after it has failed: a disk that refuses one write may
// accept the next. If the store keeps failing it is tried rarely, because the remains of
// each failed store take memory until the process ends.
func (o *ownership) renew(ctx context.Context) {
	o.log.Warn("store failed, opening it again")
	if err := o.suspend(ctx); err != nil {
		o.log.Warn("calls still wait for the store that failed", "err", err)
		o.data.halt()
		o.close()
	}
	o.resume(ctx)
}

// restored reports the progress of a restore to its client.
func (o *ownership) restored(made, of int) {
	if o.progress != nil {
		o.progress(made, of)
	}
}

// stuckBy returns why the store is not in use; nil if it is.
func (o *ownership) stuckBy() error {
	if err := o.stuck.Load(); err != nil {
		return *err
	}
	return nil
}

// refusing answers calls with an error while the store cannot be used.
type refusing struct{ why error }

func (f refusing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	gateway.Unavailable(w, r, "The store is not in use: "+f.why.Error())
}

// restore replaces everything that is stored by the contents of a backup. No call sees the
// store meanwhile: calls wait, and the data plane stays as it is.
func (o *ownership) restore(ctx context.Context, r *backup.Order) {
	err := o.halt(ctx)
	if err == nil {
		if err = r.Stage(o.config.Data); err == nil {
			o.progress = r.Progress
		}
	}
	if err != nil {
		o.log.Error("backup not restored, nothing was changed", "err", err)
	}
	o.resume(ctx)
	o.progress = nil
	if err == nil {
		err = o.stuckBy()
	}
	r.Done <- err
}
