package embedded

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A guard refuses what etcd would not survive or never answer.
type guard struct {
	clientv3.KV
	mayRead  func() error    // asked before every call
	mayWrite func() error    // asked before a call that writes, instead
	failed   context.Context // ends when etcd answers no more; its cause is why
}

// until is a context that ends with that of a call, or when etcd answers no more.
// leave is called when the call has ended, with its error, and returns the cause.
func (g guard) until(ctx context.Context) (_ context.Context, leave func(error) error) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(g.failed, cancel)
	return ctx, func(err error) error {
		stop()
		cancel()
		if err != nil && g.failed.Err() != nil {
			return context.Cause(g.failed)
		}
		return err
	}
}

func (g guard) may(writes bool) error {
	if writes {
		return g.mayWrite()
	}
	return g.mayRead()
}

func (g guard) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if err := g.mayRead(); err != nil {
		return nil, err
	}
	ctx, leave := g.until(ctx)
	resp, err := g.KV.Get(ctx, key, opts...)
	return resp, leave(err)
}

func (g guard) Put(ctx context.Context, key, value string, opts ...clientv3.OpOption) (*clientv3.PutResponse, error) {
	if err := g.mayWrite(); err != nil {
		return nil, err
	}
	ctx, leave := g.until(ctx)
	resp, err := g.KV.Put(ctx, key, value, opts...)
	return resp, leave(err)
}

func (g guard) Delete(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.DeleteResponse, error) {
	if err := g.mayWrite(); err != nil {
		return nil, err
	}
	ctx, leave := g.until(ctx)
	resp, err := g.KV.Delete(ctx, key, opts...)
	return resp, leave(err)
}

func (g guard) Do(ctx context.Context, op clientv3.Op) (clientv3.OpResponse, error) {
	if err := g.may(!op.IsGet()); err != nil {
		return clientv3.OpResponse{}, err
	}
	ctx, leave := g.until(ctx)
	resp, err := g.KV.Do(ctx, op)
	return resp, leave(err)
}

func (g guard) Txn(ctx context.Context) clientv3.Txn {
	ctx, leave := g.until(ctx)
	return &guardedTxn{Txn: g.KV.Txn(ctx), guard: g, leave: leave}
}

// A guardedTxn writes if any of its operations is not a read. It is committed once.
type guardedTxn struct {
	clientv3.Txn
	guard  guard
	leave  func(error) error
	writes bool
}

func (t *guardedTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	t.Txn = t.Txn.If(cs...)
	return t
}

func (t *guardedTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	t.note(ops)
	t.Txn = t.Txn.Then(ops...)
	return t
}

func (t *guardedTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	t.note(ops)
	t.Txn = t.Txn.Else(ops...)
	return t
}

func (t *guardedTxn) note(ops []clientv3.Op) {
	for _, op := range ops {
		t.writes = t.writes || !op.IsGet()
	}
}

func (t *guardedTxn) Commit() (*clientv3.TxnResponse, error) {
	if err := t.guard.may(t.writes); err != nil {
		return nil, t.leave(err)
	}
	resp, err := t.Txn.Commit()
	return resp, t.leave(err)
}
