package embedded

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A guard refuses what etcd would not survive or never answer.
type guard struct {
	clientv3.KV
	mayRead  func() error // asked before every call
	mayWrite func() error // asked before a call that writes, instead
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
	return g.KV.Get(ctx, key, opts...)
}

func (g guard) Put(ctx context.Context, key, value string, opts ...clientv3.OpOption) (*clientv3.PutResponse, error) {
	if err := g.mayWrite(); err != nil {
		return nil, err
	}
	return g.KV.Put(ctx, key, value, opts...)
}

func (g guard) Delete(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.DeleteResponse, error) {
	if err := g.mayWrite(); err != nil {
		return nil, err
	}
	return g.KV.Delete(ctx, key, opts...)
}

func (g guard) Do(ctx context.Context, op clientv3.Op) (clientv3.OpResponse, error) {
	if err := g.may(!op.IsGet()); err != nil {
		return clientv3.OpResponse{}, err
	}
	return g.KV.Do(ctx, op)
}

func (g guard) Txn(ctx context.Context) clientv3.Txn {
	return &guardedTxn{Txn: g.KV.Txn(ctx), guard: g}
}

// A guardedTxn writes if any of its operations is not a read.
type guardedTxn struct {
	clientv3.Txn
	guard  guard
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
		return nil, err
	}
	return t.Txn.Commit()
}
