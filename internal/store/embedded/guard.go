package embedded

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A guard refuses calls that etcd would not survive or never answer.
type guard struct {
	clientv3.KV
	mayRead  func() error    // called before every call that only reads
	mayWrite func() error    // called before every call that writes
	failed   context.Context // done when etcd answers no more; its cause is why
}

func (g guard) may(writes bool) error {
	if writes {
		return g.mayWrite()
	}
	return g.mayRead()
}

// await makes a call of etcd in a goroutine, and returns when it has ended, when
// ctx has, or when etcd has failed: a goroutine that etcd ended may have left a
// lock that the call waits for, whatever its context says.
func await[T any](ctx context.Context, g guard, writes bool, call func(context.Context) (T, error)) (T, error) {
	var none T
	if err := g.may(writes); err != nil {
		return none, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() { // ends with the call; after a fault possibly never
		value, err := call(ctx)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		if o.err != nil && g.failed.Err() != nil {
			return none, context.Cause(g.failed)
		}
		return o.value, o.err
	case <-g.failed.Done():
		return none, context.Cause(g.failed)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func (g guard) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return await(ctx, g, false, func(ctx context.Context) (*clientv3.GetResponse, error) { return g.KV.Get(ctx, key, opts...) })
}

func (g guard) Put(ctx context.Context, key, value string, opts ...clientv3.OpOption) (*clientv3.PutResponse, error) {
	return await(ctx, g, true, func(ctx context.Context) (*clientv3.PutResponse, error) { return g.KV.Put(ctx, key, value, opts...) })
}

func (g guard) Delete(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.DeleteResponse, error) {
	return await(ctx, g, true, func(ctx context.Context) (*clientv3.DeleteResponse, error) { return g.KV.Delete(ctx, key, opts...) })
}

func (g guard) Do(ctx context.Context, op clientv3.Op) (clientv3.OpResponse, error) {
	return await(ctx, g, !op.IsGet(), func(ctx context.Context) (clientv3.OpResponse, error) { return g.KV.Do(ctx, op) })
}

func (g guard) Txn(ctx context.Context) clientv3.Txn {
	return &guardedTxn{ctx: ctx, guard: g}
}

// A guardedTxn writes if any of its operations is not a read.
type guardedTxn struct {
	ctx    context.Context // context of the call of the transaction
	guard  guard
	cmps   []clientv3.Cmp
	then   []clientv3.Op
	orElse []clientv3.Op
}

func (t *guardedTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	t.cmps = append(t.cmps, cs...)
	return t
}

func (t *guardedTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	t.then = append(t.then, ops...)
	return t
}

func (t *guardedTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	t.orElse = append(t.orElse, ops...)
	return t
}

func (t *guardedTxn) Commit() (*clientv3.TxnResponse, error) {
	writes := false
	for _, ops := range [...][]clientv3.Op{t.then, t.orElse} {
		for _, op := range ops {
			writes = writes || !op.IsGet()
		}
	}
	return await(t.ctx, t.guard, writes, func(ctx context.Context) (*clientv3.TxnResponse, error) {
		return t.guard.KV.Txn(ctx).If(t.cmps...).Then(t.then...).Else(t.orElse...).Commit()
	})
}
