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

// StatusesOf lists what the nodes report of the listeners of a load balancer,
// in the order of their ports.
func (r *Reader) StatusesOf(loadBalancerID string) []elb.ListenerStatus {
	return list(r, statuses, statusesOf(loadBalancerID))
}

// ReportStatus writes what a node says of its listeners: changed is told from
// now on, gone no longer. It is forgotten when this process ends: at once after
// Close, statusTTL after a crash. What was told and is lost because etcd did
// not hear from this process for too long is told again.
func (s *Store) ReportStatus(ctx context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.reporter.report(ctx, node, changed, gone)
}

// ForgetStatus takes back what an earlier process of the node told that died and
// whose lease has not ended yet. It is for the start, before ReportStatus.
func (s *Store) ForgetStatus(ctx context.Context, node string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := s.client.Get(ctx, statusPrefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
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
	ctx   context.Context // of the background: ended by close
	done  sync.WaitGroup  // the goroutine of renew

	mu    sync.Mutex
	lease clientv3.LeaseID // guarded by mu; 0 before the first report and when lost
	told  map[string]elb.ListenerStatus
}

func newReporter(s *Store) *reporter {
	ctx, stop := context.WithCancel(context.Background())
	return &reporter{store: s, ctx: ctx, stop: stop, told: make(map[string]elb.ListenerStatus)}
}

// report holds the mutex while etcd writes: statuses of one process are
// written in the order in which they became true.
func (r *reporter) report(ctx context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("report after close: %w", err)
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	ops := make([]clientv3.Op, 0, len(changed)+len(gone))
	for _, status := range changed {
		key := statusKey(status.Key(), node)
		op, err := r.tell(key, status)
		if err != nil {
			return err
		}
		ops = append(ops, op)
		r.told[key] = status
	}
	for _, k := range gone {
		key := statusKey(k, node)
		delete(r.told, key)
		ops = append(ops, clientv3.OpDelete(key))
	}
	return r.write(ctx, ops)
}

// tell is the operation that writes one status.
func (r *reporter) tell(key string, status elb.ListenerStatus) (clientv3.Op, error) {
	text, err := encode(r.store.sealer, statuses, key, status)
	return clientv3.OpPut(key, text, clientv3.WithLease(r.lease)), err
}

func (r *reporter) write(ctx context.Context, ops []clientv3.Op) error {
	for batch := range slices.Chunk(ops, statusBatch) {
		if _, err := r.store.client.Txn(ctx).Then(batch...).Commit(); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// open makes sure that there is a lease, and starts to renew a new one.
func (r *reporter) open(ctx context.Context) error {
	if r.lease != 0 {
		return nil
	}
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

// renew reads the answers of etcd to the renewals until there are no more,
// then tells everything again under a new lease.
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

// again tells everything under a new lease.
func (r *reporter) again() error {
	ctx, cancel := context.WithTimeout(r.ctx, callTimeout)
	defer cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.open(ctx); err != nil {
		return err
	}
	ops := make([]clientv3.Op, 0, len(r.told))
	for key, status := range r.told {
		op, err := r.tell(key, status)
		if err != nil {
			return err
		}
		ops = append(ops, op)
	}
	return r.write(ctx, ops)
}

// close revokes the lease, and with it all that was told.
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
	// If etcd is gone the lease ends by itself.
	_, _ = r.store.client.Revoke(ctx, r.lease)
}
