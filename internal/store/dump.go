package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Document is the value under a key, its secrets encrypted.
type Document struct {
	Key   string
	Value string
}

// dumpPage is the number of documents per read of etcd.
const dumpPage = 500

// Dump returns all documents as of one revision, by key, except those that end
// with their process. Their secrets are encrypted with the seal key of this
// store.
func (s *Store) Dump(ctx context.Context) (documents []Document, revision int64, err error) {
	revision, err = s.walkAt(ctx, root, nil, func(d Document) error {
		documents = append(documents, d)
		return nil
	})
	return documents, revision, err
}

// walk calls each with everything under a prefix, all as of one revision, by key,
// except documents that end with their process.
func (s *Store) walk(ctx context.Context, prefix string, opts []clientv3.OpOption, each func(Document) error) error {
	_, err := s.walkAt(ctx, prefix, opts, each)
	return err
}

func (s *Store) walkAt(ctx context.Context, prefix string, opts []clientv3.OpOption, each func(Document) error) (revision int64, err error) {
	from, end := prefix, clientv3.GetPrefixRangeEnd(prefix)
	for {
		options := append([]clientv3.OpOption{clientv3.WithRange(end), clientv3.WithLimit(dumpPage)}, opts...)
		if revision > 0 {
			options = append(options, clientv3.WithRev(revision))
		}
		page, err := s.client.Get(ctx, from, options...)
		if err != nil {
			return 0, unavailable(err)
		}
		revision = page.Header.Revision
		for _, kv := range page.Kvs {
			if kv.Lease != 0 {
				continue
			}
			if err := each(Document{string(kv.Key), string(kv.Value)}); err != nil {
				return 0, err
			}
		}
		if !page.More {
			return revision, nil
		}
		from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
	}
}

// CheckDocuments checks that Load could replace the content of a store by
// documents: it decodes each of them, with the seal key of the store that they
// come from.
func CheckDocuments(documents []Document, key []byte) error {
	from, err := newSealer(key)
	if err != nil {
		return err
	}
	for _, d := range documents {
		if _, _, err := openDocument(from, d); err != nil {
			return err
		}
	}
	return nil
}

// openDocument decodes a document of another store.
func openDocument(from *sealer, d Document) (f layout, plain string, err error) {
	if f, err = layoutFor(d.Key); err != nil {
		return f, "", err
	}
	if len(d.Value) > maxDocument {
		return f, "", fmt.Errorf("%s: a document of %d bytes, the store takes %d", d.Key, len(d.Value), maxDocument)
	}
	plain, err = f.open(from, d.Key, d.Value)
	return f, plain, err
}

// Load replaces the content of the store by documents, which Dump returned in
// this store or another: different ones are replaced, others deleted. key is the
// seal key of the store that they come from; their secrets are encrypted again
// with that of this one. Nothing is changed before all of them were decoded.
// progress is called with the number of changes made, and of all. The result is
// the last revision with a change to what a Mirror has; 0: there was none.
//
// A transaction of etcd holds some hundred documents, so a reader may see a part
// of the change: the caller must keep readers out. An interrupted Load is
// repaired by another one.
func (s *Store) Load(ctx context.Context, documents []Document, key []byte, progress func(made, of int)) (revision int64, err error) {
	from, err := newSealer(key)
	if err != nil {
		return 0, err
	}
	now, _, err := s.Dump(ctx)
	if err != nil {
		return 0, err
	}
	stored := make(map[string]string, len(now))
	for _, d := range now {
		stored[d.Key] = d.Value
	}
	var changes []clientv3.Op
	for _, d := range documents {
		f, plain, err := openDocument(from, d)
		if err != nil {
			return 0, err
		}
		old, found := stored[d.Key]
		delete(stored, d.Key)
		if d.Key == sealKey || found && f.has(s.sealer, d.Key, old, plain) {
			continue
		}
		value, err := f.reseal(from, s.sealer, d.Key, d.Value)
		if err != nil {
			return 0, err
		}
		changes = append(changes, clientv3.OpPut(d.Key, value))
	}
	delete(stored, sealKey)
	for _, gone := range slices.Sorted(maps.Keys(stored)) {
		changes = append(changes, clientv3.OpDelete(gone))
	}
	if revision, err = s.change(ctx, changes, progress); err != nil {
		return revision, err
	}
	return revision, s.Reindex(ctx)
}

// The limits of one transaction of a Load: etcd is configured for 256 operations
// and 1.5 MiB (package embedded).
const (
	loadOps   = 200
	loadBytes = 1 << 20

	// maxDocument bounds a document, with room in its transaction for its key.
	maxDocument = 1400 << 10
)

// change makes changes in as many transactions as needed.
func (s *Store) change(ctx context.Context, changes []clientv3.Op, progress func(made, of int)) (revision int64, err error) {
	for made := 0; made < len(changes); {
		n, size := 0, 0
		for n < loadOps && made+n < len(changes) && (n == 0 || size < loadBytes) {
			size += len(changes[made+n].ValueBytes())
			n++
		}
		if size > loadBytes && n > 1 {
			n--
		}
		some := changes[made : made+n]
		resp, err := s.client.Txn(ctx).Then(some...).Commit()
		if err != nil {
			return revision, fmt.Errorf("%d of %d changes were made: %w", made, len(changes), unavailable(err))
		}
		if slices.ContainsFunc(some, func(op clientv3.Op) bool { return strings.HasPrefix(string(op.KeyBytes()), desiredPrefix) }) {
			revision = resp.Header.GetRevision()
		}
		made += n
		progress(made, len(changes))
	}
	return revision, nil
}
