package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Document is what stands under a key, its secrets sealed.
type Document struct {
	Key   string
	Value string
}

// dumpPage is how many documents one look at etcd takes.
const dumpPage = 500

// Dump returns all documents as of one revision, by key, but those that belong
// to a process and end with it. The secrets in them are sealed with the seal key
// of this store.
func (s *Store) Dump(ctx context.Context) (documents []Document, revision int64, err error) {
	revision, err = s.walkAt(ctx, root, nil, func(d Document) error {
		documents = append(documents, d)
		return nil
	})
	return documents, revision, err
}

// walk calls each with what is under a prefix, all as of one revision, by key, but
// for what belongs to a process.
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

// CheckDocuments finds out whether Load can make documents all that is stored: it
// reads each of them, with the seal key of the store that they come from.
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

// openDocument reads a document of another store.
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

// Load makes documents, which Dump returned in this store or another, all that
// is stored: what differs is replaced, what is not among them deleted. key is the
// seal key of the store that they come from; their secrets are sealed anew with
// that of this one. Nothing is changed before all of them were found readable.
// progress is told how many changes are made, of how many. The result is the last
// revision with a change to what a Mirror has; 0: there was none.
//
// A transaction of etcd takes some hundred documents, so a reader may see a part
// of the change: whoever calls it keeps readers out. A Load that was cut short is
// made good by another.
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

// The most that one transaction of a Load takes: etcd is told to take 256
// operations and 1.5 MiB (package embedded).
const (
	loadOps   = 200
	loadBytes = 1 << 20

	// maxDocument bounds a document, with room in its transaction for its key.
	maxDocument = 1400 << 10
)

// change makes changes, as many at a time as a transaction takes.
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
