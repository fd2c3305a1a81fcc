package embedded

import (
	"errors"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func TestGuardRefusesWritesAndNotReads(t *testing.T) {
	t.Parallel()
	m := open(t, Config{Dir: t.TempDir()})
	var room error
	kv := guard{KV: m.Client().KV, mayRead: func() error { return nil }, mayWrite: func() error { return room }, failed: t.Context()}
	ctx := t.Context()
	put, get := clientv3.OpPut("a", "1"), clientv3.OpGet("a")
	calls := []struct {
		name   string
		writes bool
		do     func() error
	}{
		{"Put", true, func() error { _, err := kv.Put(ctx, "a", "1"); return err }},
		{"Delete", true, func() error { _, err := kv.Delete(ctx, "b"); return err }},
		{"Do put", true, func() error { _, err := kv.Do(ctx, put); return err }},
		{"Txn then put", true, func() error { _, err := kv.Txn(ctx).Then(put).Commit(); return err }},
		{"Txn else put", true, func() error {
			_, err := kv.Txn(ctx).If(clientv3.Compare(clientv3.Version("a"), "=", 0)).Else(put).Commit()
			return err
		}},
		{"Get", false, func() error { _, err := kv.Get(ctx, "a"); return err }},
		{"Do get", false, func() error { _, err := kv.Do(ctx, get); return err }},
		{"Txn get", false, func() error { _, err := kv.Txn(ctx).Then(get).Commit(); return err }},
	}
	for _, call := range calls {
		room = nil
		if err := call.do(); err != nil {
			t.Errorf("%s with room: %v", call.name, err)
		}
		room = ErrFull
		if err := call.do(); errors.Is(err, ErrFull) != call.writes {
			t.Errorf("%s without room: %v", call.name, err)
		}
	}
}
