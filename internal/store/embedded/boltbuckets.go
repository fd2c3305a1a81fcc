package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
)

// bucket visits the tree of a bucket from a page down. name is nil in the tree of
// buckets.
func (b *boltFile) bucket(id uint64, name []byte, depth int, ofBuckets bool) error {
	if depth > maxDepth {
		return errors.New("a tree without an end")
	}
	page, err := b.page(id)
	if err != nil {
		return err
	}
	if err := b.node(page, name, depth, ofBuckets); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

func (b *boltFile) node(page, name []byte, depth int, ofBuckets bool) error {
	all, flags, err := elements(page)
	if err != nil {
		return err
	}
	for _, e := range all {
		switch {
		case flags == branchPage:
			err = b.bucket(e.child, name, depth+1, ofBuckets)
		case ofBuckets:
			err = b.open(e, depth)
		case e.flags != 0:
			err = fmt.Errorf("element %q has unknown flags %#x", e.key, e.flags)
		case bytes.Equal(name, b.bucketName) && bytes.Compare(b.lastKey, e.key) >= 0:
			err = fmt.Errorf("element %q is out of order", e.key)
		default:
			err = b.pair(name, e.key, e.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// buckets are those of etcd. A bucket with a corrupted name would be taken for an
// empty one.
var buckets = []string{
	"alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta",
}

// metaKeys are those of etcd's bucket meta.
var metaKeys = []string{
	"confState", "consistent_index", "finishedCompactRev", "scheduledCompactRev", "storageVersion", "term",
}

// open visits the bucket of an element. A small bucket is stored inside the
// element.
func (b *boltFile) open(e element, depth int) error {
	if !slices.Contains(buckets, string(e.key)) {
		return fmt.Errorf("%q is not a bucket of etcd", e.key)
	}
	if e.flags != bucketFlag || len(e.value) < bucketHead {
		return fmt.Errorf("%q is not a bucket", e.key)
	}
	root := binary.LittleEndian.Uint64(e.value)
	if root != 0 {
		return b.bucket(root, e.key, depth+1, false)
	}
	inline := e.value[bucketHead:]
	if len(inline) < pageHead {
		return fmt.Errorf("bucket %q has no page", e.key)
	}
	return b.node(inline, e.key, depth+1, false)
}

// pair checks a key of etcd and its value.
func (b *boltFile) pair(bucket, key, value []byte) error {
	b.bucketName, b.lastKey = bucket, key
	switch string(bucket) {
	case "meta":
		if !slices.Contains(metaKeys, string(key)) {
			return fmt.Errorf("etcd has no value named %q", key)
		}
		if string(key) == "consistent_index" {
			if len(value) != 8 {
				return errors.New("its consistent index is unreadable")
			}
			b.index = binary.BigEndian.Uint64(value)
		}
	case "key":
		// A revision, in 17 bytes, and a mark if it is a deletion.
		if (len(key) != 17 && len(key) != 18) || key[8] != '_' {
			return fmt.Errorf("%x is not a revision", key)
		}
		var kv mvccpb.KeyValue
		if err := proto.Unmarshal(value, &kv); err != nil {
			return fmt.Errorf("revision %x: %w", key, err)
		}
		// A deletion consists of the key alone.
		if at := binary.BigEndian.Uint64(key); len(key) == 17 && uint64(kv.ModRevision) != at || at > math.MaxInt64 {
			return fmt.Errorf("revision %x says that it is revision %d", key, kv.ModRevision)
		}
		b.keys++
		delete(b.bad, string(kv.Key))
		if len(key) == 17 && b.document != nil {
			if err := b.document(kv.Key, kv.Value, kv.Lease != 0); err != nil {
				b.bad[string(kv.Key)] = err
			}
		}
	}
	return nil
}
