package store

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Reader reads documents, all from the revision of its first read. A failed
// read returns nothing and is remembered: View and Update then return the
// failure, whatever their function returned.
type Reader struct {
	ctx   context.Context // of View or Update; a Reader does not outlive the call
	store *Store

	revision int64            // 0 before the first read
	keys     map[string]int64 // revisions of the keys that were read individually
	ranges   []string         // prefixes that were listed
	listed   map[string]int64 // revisions of the keys in these ranges
	err      error            // of the first read that failed
}

// A Tx is a Reader that also collects writes. Reads do not see them.
type Tx struct {
	Reader
	writes []clientv3.Op
}

// View calls fn with a reader.
func (s *Store) View(ctx context.Context, fn func(*Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r := s.reader(ctx)
	err := fn(&r)
	if r.err != nil {
		return r.err
	}
	return err
}

// Update calls fn and then makes its writes, all or none, if nothing that fn read
// has changed; else it calls fn again. A range that fn listed counts as changed
// if something in it was added or altered, not if something was deleted. If fn
// returns an error nothing is written. fn must have no side effects.
//
// The first attempt is concurrent with all others. A process makes further ones
// one at a time, so that many calls for the same document all succeed.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for try := range maxTries {
		if try == 1 {
			select {
			case s.turn <- struct{}{}:
				defer func() { <-s.turn }()
			case <-ctx.Done():
				return unavailable(ctx.Err())
			}
		}
		written, err := s.try(ctx, fn)
		if written || err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: the same documents changed in each of %d tries", ErrUnavailable, maxTries)
}

// try is one attempt of Update; written is false if there was a conflict.
func (s *Store) try(ctx context.Context, fn func(*Tx) error) (written bool, err error) {
	tx := &Tx{Reader: s.reader(ctx)}
	err = fn(tx)
	if tx.err != nil {
		return false, tx.err
	}
	if err != nil || len(tx.writes) == 0 {
		return true, err
	}
	resp, err := s.client.Txn(ctx).If(tx.unchanged()...).Then(tx.writes...).Commit()
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		s.tokens.forget()
		return false, nil
	}
	if err != nil {
		return false, unavailable(err)
	}
	return resp.Succeeded, nil
}

func (s *Store) reader(ctx context.Context) Reader {
	return Reader{ctx: ctx, store: s, keys: make(map[string]int64), listed: make(map[string]int64)}
}

// unchanged are the conditions under which the reads are still valid.
func (r *Reader) unchanged() []clientv3.Cmp {
	var cmps []clientv3.Cmp
	for key, revision := range r.keys {
		cmps = append(cmps, clientv3.Compare(clientv3.ModRevision(key), "=", revision))
	}
	for _, prefix := range r.ranges {
		cmps = append(cmps, clientv3.Compare(clientv3.ModRevision(prefix), "<", r.revision+1).WithPrefix())
	}
	return cmps
}

// get reads one key, or with opts a range.
func (r *Reader) get(key string, opts ...clientv3.OpOption) []*mvccpb.KeyValue {
	if r.err != nil {
		return nil
	}
	if r.revision != 0 {
		// Serializable: this revision was seen, so it can be read locally.
		opts = append(opts, clientv3.WithRev(r.revision), clientv3.WithSerializable())
	}
	resp, err := r.store.client.Get(r.ctx, key, opts...)
	if err != nil {
		r.err = unavailable(err)
		return nil
	}
	if r.revision == 0 {
		r.revision = resp.Header.GetRevision()
	}
	return resp.Kvs
}

func (r *Reader) getOne(key string) *mvccpb.KeyValue {
	kvs := r.get(key)
	if len(kvs) == 0 {
		r.keys[key] = 0 // etcd's revision of an absent key
		return nil
	}
	r.keys[key] = kvs[0].ModRevision
	return kvs[0]
}

func (r *Reader) getRange(prefix string, opts ...clientv3.OpOption) []*mvccpb.KeyValue {
	r.ranges = append(r.ranges, prefix)
	return r.get(prefix, append(opts, clientv3.WithPrefix())...)
}

// read reads the document under key.
func read[T any](r *Reader, k kind[T], key string) (v T, found bool) {
	kv := r.getOne(key)
	if kv == nil {
		return v, false
	}
	v, err := decode(r.store.sealer, k, key, kv.Value)
	if err != nil {
		r.err = err
		return v, false
	}
	return v, true
}

// list reads the documents under prefix in the order of their keys.
func list[T any](r *Reader, k kind[T], prefix string) []T {
	kvs := r.getRange(prefix)
	all := make([]T, 0, len(kvs))
	for _, kv := range kvs {
		v, err := decode(r.store.sealer, k, string(kv.Key), kv.Value)
		if err != nil {
			r.err = err
			return nil
		}
		all = append(all, v)
		r.listed[string(kv.Key)] = kv.ModRevision
	}
	return all
}

// listAfter reads at most n documents under prefix in the order of their names,
// which is that of their keys, from the first after the name. It is for View: a
// Tx does not notice changes.
func listAfter[T any](r *Reader, k kind[T], prefix, name string, n int) []T {
	from := prefix
	if name != "" {
		from = under(prefix, name) + "\x00"
	}
	var all []T
	for _, kv := range r.get(from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)), clientv3.WithLimit(int64(n))) {
		v, err := decode(r.store.sealer, k, string(kv.Key), kv.Value)
		if err != nil {
			r.err = err
			return nil
		}
		all = append(all, v)
	}
	return all
}

// put adds the document under key to the transaction.
func put[T any](tx *Tx, k kind[T], key string, v T, opts ...clientv3.OpOption) {
	text, err := encode(tx.store.sealer, k, key, v)
	if err != nil && tx.err == nil {
		tx.err = err
	}
	tx.writes = append(tx.writes, clientv3.OpPut(key, text, opts...))
}

func (tx *Tx) delete(key string, opts ...clientv3.OpOption) {
	tx.writes = append(tx.writes, clientv3.OpDelete(key, opts...))
}
