package embedded

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sys/unix"
)

// ErrFull is in the error of a write that was refused because the disk has no
// room for it.
var ErrFull = errors.New("the store is full")

// A disk is the file system that the data directory is on.
type disk struct{ dir string }

// free asks the file system, which takes about a microsecond. A file system
// that cannot say is taken to have room.
func (d disk) free() int64 {
	var st unix.Statfs_t
	if err := unix.Statfs(d.dir, &st); err != nil {
		return lowDisk
	}
	return int64(st.Bavail) * st.Bsize
}

// check is nil if there is room for a write.
func (d disk) check() error {
	if free := d.free(); free < minDisk {
		return fmt.Errorf("%w: %d MiB left on the disk of %s, writes need %d", ErrFull, free>>20, d.dir, int64(minDisk>>20))
	}
	return nil
}

// A guard refuses writes that etcd would not survive. Reads pass: etcd answers
// them from memory.
type guard struct {
	clientv3.KV
	check func() error
}

func (g guard) Put(ctx context.Context, key, value string, opts ...clientv3.OpOption) (*clientv3.PutResponse, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	return g.KV.Put(ctx, key, value, opts...)
}

func (g guard) Delete(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.DeleteResponse, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	return g.KV.Delete(ctx, key, opts...)
}

func (g guard) Do(ctx context.Context, op clientv3.Op) (clientv3.OpResponse, error) {
	if !op.IsGet() {
		if err := g.check(); err != nil {
			return clientv3.OpResponse{}, err
		}
	}
	return g.KV.Do(ctx, op)
}

func (g guard) Txn(ctx context.Context) clientv3.Txn {
	return &guardedTxn{Txn: g.KV.Txn(ctx), check: g.check}
}

// A guardedTxn is checked if any of its operations is not a read.
type guardedTxn struct {
	clientv3.Txn
	check  func() error
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
	if t.writes {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	return t.Txn.Commit()
}
