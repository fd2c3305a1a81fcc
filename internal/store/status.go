package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"elbow/internal/elb"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var statuses = kind[elb.ListenerStatus]{name: "status"}

// ReportStatus writes the statuses of a node's listeners: changed ones are
// reported from now on, gone ones no longer. They expire when this process ends:
// at once after Close, after statusTTL in a crash. Statuses that are lost because
// etcd did not hear from this process for too long are reported again.
//
// There may be any number of them, of any size: they are written in as many
// transactions as etcd's limits require.
func (s *Store) ReportStatus(ctx context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error {
	return s.reporter.report(ctx, node, changed, gone)
}

// ForgetStatus removes the statuses of an earlier process of the node that died
// and whose lease has not expired. It must be called at the start, before
// ReportStatus.
func (s *Store) ForgetStatus(ctx context.Context, node string) error {
	listing, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := s.client.Get(listing, statusPrefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return unavailable(err)
	}
	var ops []clientv3.Op
	for _, kv := range resp.Kvs {
		if key := string(kv.Key); toldBy(key, node) {
			ops = append(ops, clientv3.OpDelete(key))
		}
	}
	return s.reporter.write(ctx, ops)
}

// A reporter keeps the statuses of this process under a lease that it renews.
type reporter struct {
	store *Store
	stop  context.CancelFunc
	ctx   context.Context // of the background goroutine; ended by close
	done  sync.WaitGroup  // waits for the goroutine of renew

	mu    sync.Mutex
	lease clientv3.LeaseID // guarded by mu; 0 before the first report and when lost
	told  map[string]told  // guarded by mu; by key
}

// told is a status and the lease under which etcd has it, 0 if it does not yet.
type told struct {
	status elb.ListenerStatus
	lease  clientv3.LeaseID
}

func newReporter(s *Store) *reporter {
	ctx, stop := context.WithCancel(context.Background())
	return &reporter{store: s, ctx: ctx, stop: stop, told: make(map[string]told)}
}

// report holds the mutex while etcd writes: statuses of one process are written
// in the order in which they became true.
func (r *reporter) report(ctx context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("report after close: %w", err)
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	var ops []clientv3.Op
	for _, status := range changed {
		key := statusKey(status.Key(), node)
		r.told[key] = told{status: status}
		op, err := r.tell(key, status)
		if err != nil {
			return err
		}
		ops = append(ops, op)
	}
	for _, k := range gone {
		key := statusKey(k, node)
		delete(r.told, key)
		ops = append(ops, clientv3.OpDelete(key))
	}
	return r.write(ctx, ops)
}

// tell returns the operation that writes one status. A status that exceeds a
// transaction is written without its longest parts.
func (r *reporter) tell(key string, status elb.ListenerStatus) (clientv3.Op, error) {
	for {
		text, err := encode(r.store.sealer, statuses, key, status)
		if err != nil || len(text) <= statusBytes || !shorten(&status) {
			return clientv3.OpPut(key, text, clientv3.WithLease(r.lease)), err
		}
	}
}

// shorten removes something from a status, the reasons of its backends first, and
// reports whether there was anything to remove.
func shorten(s *elb.ListenerStatus) bool {
	if len(s.Backends) == 0 {
		shorter := len(s.Reason) > maxReason
		s.Reason = s.Reason[:min(len(s.Reason), maxReason)]
		return shorter
	}
	s.Backends = slices.Clone(s.Backends) // the caller's slice is shared
	reasons := false
	for i := range s.Backends {
		reasons = reasons || s.Backends[i].LastErr != ""
		s.Backends[i].LastErr = ""
	}
	if !reasons {
		s.Backends = s.Backends[:len(s.Backends)/2]
	}
	return true
}

// write makes the operations in as many transactions as etcd's limits require,
// each with its own timeout. If one fails, those made before stay.
func (r *reporter) write(ctx context.Context, ops []clientv3.Op) error {
	for len(ops) > 0 {
		n := fitting(ops)
		if err := r.commit(ctx, ops[:n]); err != nil {
			return unavailable(err)
		}
		for _, op := range ops[:n] {
			if t, there := r.told[string(op.KeyBytes())]; there && op.IsPut() {
				t.lease = r.lease
				r.told[string(op.KeyBytes())] = t
			}
		}
		ops = ops[n:]
	}
	return nil
}

func (r *reporter) commit(ctx context.Context, ops []clientv3.Op) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := r.store.client.Txn(ctx).Then(ops...).Commit()
	return err
}

// fitting is the number of operations that fit one transaction: at least one, and
// no more than statusBatch of statusBytes in all.
func fitting(ops []clientv3.Op) int {
	bytes := 0
	for n, op := range ops {
		bytes += len(op.KeyBytes()) + len(op.ValueBytes())
		if n > 0 && (n == statusBatch || bytes > statusBytes) {
			return n
		}
	}
	return len(ops)
}

// open ensures that there is a lease, and starts to renew a new one.
func (r *reporter) open(ctx context.Context) error {
	if r.lease != 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := r.store.client.Grant(ctx, int64(statusTTL/time.Second))
	if err != nil {
		return unavailable(err)
	}
	alive, err := r.store.client.KeepAlive(r.ctx, resp.ID)
	if err != nil {
		return unavailable(err)
	}
	r.lease = resp.ID
	r.done.Go(func() { r.renew(alive) }) // ends with the lease; close waits
	return nil
}

// renew reads etcd's answers to the renewals until they end, then reports
// everything again under a new lease.
func (r *reporter) renew(alive <-chan *clientv3.LeaseKeepAliveResponse) {
	for range alive {
	}
	if r.ctx.Err() != nil {
		return // close revokes the lease
	}
	r.mu.Lock()
	r.lease = 0
	r.mu.Unlock()
	for pause := retryFirst; r.ctx.Err() == nil; pause = min(2*pause, retryLast) {
		if r.again() == nil {
			return
		}
		select {
		case <-time.After(pause):
		case <-r.ctx.Done():
		}
	}
}

// again reports everything under a new lease. What one attempt has written the
// next leaves out, so that repeated attempts make progress.
func (r *reporter) again() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.open(r.ctx); err != nil {
		return err
	}
	var ops []clientv3.Op
	for key, t := range r.told {
		if t.lease == r.lease {
			continue
		}
		op, err := r.tell(key, t.status)
		if err != nil {
			return err
		}
		ops = append(ops, op)
	}
	return r.write(r.ctx, ops)
}

// close revokes the lease, and with it removes all statuses.
func (r *reporter) close() {
	r.stop()
	r.done.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lease == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	// If etcd is unavailable the lease expires by itself.
	_, _ = r.store.client.Revoke(ctx, r.lease)
}
