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
	"elbow/internal/rpc"
)

// An ownership is what a node does with the store: it opens it and all that works on it,
// and it lets go of it, or has another one put in its place, while traffic goes on and
// calls wait at the door. Its methods are called by one goroutine, but control, stuckBy
// and failed.
type ownership struct {
	config   Config
	log      *slog.Logger
	endpoint string    // of the API, as the first start tells it to clients
	audit    io.Writer // nil: none
	reach    *elb.Reach
	lockout  *lockout.Lockout // of passwords, at the console and in calls
	door     *door
	data     *dataPlane         // once the store was open
	restores chan *backup.Order // what is asked for

	current  atomic.Pointer[controlPlane] // nil while another process may have the store
	nonces   []rpc.UsedNonce              // used ones, while current is nil
	stuck    atomic.Pointer[error]        // why the store is not in use; nil: it is
	reopen   <-chan time.Time             // when to try to get the store back; nil: no need
	pause    time.Duration                // before that
	progress func(made, of int)           // of the restore under way; nil: nobody waits
}

const (
	// callsEndWithin is how long calls under way may take when the store is about to
	// be let go of: longer than the gateway lets any of them take.
	callsEndWithin = 20 * time.Second

	// The time between two tries to get the store back grows from reopenFirst to
	// reopenLast: another process may still have it, or the disk refuses writes.
	reopenFirst = time.Second
	reopenLast  = time.Minute
)

// control is the control plane; nil while another process may have the store.
func (o *ownership) control() *controlPlane { return o.current.Load() }

// open opens the store. nonces are those that calls have used, as far as a process has
// told; nil: none has. ctx bounds the opening alone.
func (o *ownership) open(ctx context.Context, nonces []rpc.UsedNonce) error {
	control, err := o.openControl(ctx, nonces)
	if err != nil {
		return err
	}
	o.current.Store(control)
	return nil
}

// close closes the store, unless another process has it.
func (o *ownership) close() {
	if control := o.current.Swap(nil); control != nil {
		control.close()
	}
}

// failed is closed when the store has failed; nil without one.
func (o *ownership) failed() <-chan struct{} {
	if control := o.control(); control != nil {
		return control.member.Failed()
	}
	return nil
}

// halt lets no call in any more, waits for those under way, and has what runs stay
// as it is. Traffic goes on.
func (o *ownership) halt(ctx context.Context) error {
	if control := o.control(); control != nil {
		control.endStreams() // whoever reads them comes again
		control.hurry(true)
	}
	ctx, cancel := context.WithTimeout(ctx, callsEndWithin)
	defer cancel()
	if err := o.door.shut(ctx); err != nil {
		return fmt.Errorf("calls are under way: %w", err)
	}
	o.data.halt()
	return nil
}

// suspend lets go of the store. Traffic goes on with what is known; calls wait.
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

// resume undoes halt, and takes the store again if it was let go of. What does not
// succeed is tried again at reopen; meanwhile calls are refused. It does nothing if
// ctx has ended.
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

// again is resume after a while.
func (o *ownership) again(ctx context.Context) {
	if err := o.halt(ctx); err != nil {
		o.reopen = time.After(o.pause)
		return
	}
	o.resume(ctx)
}

// takeStore opens the store if it was let go of, and finishes a restore.
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

// renew opens the store again after it has failed: a disk that refuses one write
// may take the next. One that does not is tried rarely, as what is left of a store
// that failed takes memory until the process ends.
func (o *ownership) renew(ctx context.Context) {
	o.log.Warn("store failed, opening it again")
	if err := o.suspend(ctx); err != nil {
		o.log.Warn("calls still wait for the store that failed", "err", err)
		o.data.halt()
		o.close()
	}
	o.resume(ctx)
}

// restored tells whoever waits for a restore how far it is.
func (o *ownership) restored(made, of int) {
	if o.progress != nil {
		o.progress(made, of)
	}
}

// stuckBy is why the store is not in use; nil if it is.
func (o *ownership) stuckBy() error {
	if err := o.stuck.Load(); err != nil {
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
