package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/proto"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"elbow/internal/regular"
)

// dbFile is the path of the database in the store.
var dbFile = filepath.Join("member", "snap", "db")

// The file format of bbolt: pages of one size, little-endian. Pages 0 and 1 are
// the meta pages, of which the one with the higher transaction counts. All others
// are the nodes of B+ trees, one for each bucket; the tree of buckets is the root.
//
// bbolt's own check maps the file and follows what the pages say, so that a
// damaged one ends the process. This one reads within bounds.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	pageHead    = 16 // id 8, flags 2, count 2, overflow 4
	elementSize = 16 // of a branch: position 4, key size 4, page 8; of a leaf: flags 4, position 4, key size 4, value size 4
	bucketHead  = 16 // root page 8, sequence 8
	metaSize    = 64 // of which the last 8 bytes are the checksum

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	bucketFlag = 0x01 // of an element of a leaf

	noFreelist = ^uint64(0)

	maxDepth = 64 // of a tree; one of 2^63 pages is not as deep
)

// A boltMeta is what a meta page says.
type boltMeta struct {
	pageSize    uint32
	root        uint64 // page
	freelist    uint64 // page, or noFreelist
	end         uint64 // the first page that was never used
	transaction uint64
}

// A documentCheck is Config.Document.
type documentCheck = func(key, value []byte, leased bool) error

// A boltFile is a database that is read without being opened.
type boltFile struct {
	boltMeta
	file *os.File
	seen map[uint64]bool // pages that were visited

	bucketName []byte // of the bucket that is being read
	lastKey    []byte // in it

	document documentCheck
	bad      map[string]error // what document says of the last revision of a key; nil: nothing

	index uint64 // consistent_index of etcd: the last entry of the log that is in the database
	keys  int    // in the bucket of etcd's keys
}

// readDatabase reads all of the database. Without a file, or with an empty one, as
// it is for a moment when it is made, both results are nil; what is wrong with it
// is a *DamageError.
func (d *directory) readDatabase(document documentCheck) (*boltFile, error) {
	f, err := regular.Open(filepath.Join(d.store(), dbFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.damaged(dbFile, "%w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() == 0 {
		return nil, nil
	}
	b := &boltFile{file: f, seen: make(map[uint64]bool), document: document, bad: make(map[string]error)}
	if err := b.read(); err != nil {
		return nil, d.damaged(dbFile, "%w", err)
	}
	return b, nil
}

var errNoMeta = errors.New("neither of its two head pages is one of a database")

func (b *boltFile) read() error {
	info, err := b.file.Stat()
	if err != nil {
		return err
	}
	if b.boltMeta, err = readMeta(b.file, info.Size()); err != nil {
		return err
	}
	// A write grows the file first, and then the database in it.
	if need := int64(b.end) * int64(b.pageSize); info.Size() < need {
		return fmt.Errorf("it was cut off: it has %d bytes of %d", info.Size(), need)
	}
	if err := b.bucket(b.root, nil, 0, true); err != nil {
		return err
	}
	if b.keys > 0 && b.index == 0 {
		return errors.New("it does not say how much of the log is in it")
	}
	for _, key := range slices.Sorted(maps.Keys(b.bad)) {
		return fmt.Errorf("document %s: %w", key, b.bad[key])
	}
	return b.free()
}

// free makes sure that no page is both free and in use, where free pages are
// listed in the file.
func (b *boltFile) free() error {
	if b.freelist == noFreelist {
		return nil // bbolt finds them as this check does
	}
	page, err := b.page(b.freelist)
	if err != nil {
		return err
	}
	flags, count, ids := binary.LittleEndian.Uint16(page[8:]), uint64(binary.LittleEndian.Uint16(page[10:])), page[pageHead:]
	if count == 0xFFFF { // too many for the field
		count, ids = binary.LittleEndian.Uint64(ids), ids[8:]
	}
	if flags != freelistPage || count > uint64(len(ids)/8) {
		return errors.New("its list of free pages is unreadable")
	}
	for i := range count {
		if id := binary.LittleEndian.Uint64(ids[8*i:]); id >= b.end || b.seen[id] {
			return fmt.Errorf("page %d is listed as free and is not", id)
		}
	}
	return nil
}

// readMeta finds the meta page that is valid and newer. The second one is where
// the first one's page size says, which is the system's.
func readMeta(f io.ReaderAt, size int64) (best boltMeta, err error) {
	found := false
	for _, at := range []int64{0, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10} {
		page := make([]byte, pageHead+metaSize)
		if at+int64(len(page)) > size {
			break
		}
		if _, err := f.ReadAt(page, at); err != nil {
			return best, err
		}
		m, ok := parseMeta(page[pageHead:])
		if ok && (at == 0 || at == int64(m.pageSize)) && (!found || m.transaction > best.transaction) {
			best, found = m, true
		}
	}
	if !found {
		return best, errNoMeta
	}
	return best, nil
}

func parseMeta(b []byte) (m boltMeta, ok bool) {
	u32, u64 := binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8]) // never fails
	if u32(b) != boltMagic || u32(b[4:]) != boltVersion || u64(b[metaSize-8:]) != sum.Sum64() {
		return m, false
	}
	m = boltMeta{pageSize: u32(b[8:]), root: u64(b[16:]), freelist: u64(b[32:]), end: u64(b[40:]), transaction: u64(b[48:])}
	size := m.pageSize
	return m, size >= 1<<10 && size <= 64<<10 && size&(size-1) == 0 && m.end < 1<<40
}

// page reads a page with those that overflow from it. Each belongs to one tree.
func (b *boltFile) page(id uint64) ([]byte, error) {
	if id < 2 || id >= b.end {
		return nil, fmt.Errorf("page %d is named, and there are %d", id, b.end)
	}
	var head [pageHead]byte
	at := int64(id) * int64(b.pageSize)
	if _, err := b.file.ReadAt(head[:], at); err != nil {
		return nil, err
	}
	overflow := uint64(binary.LittleEndian.Uint32(head[12:]))
	if binary.LittleEndian.Uint64(head[:]) != id || id+overflow >= b.end {
		return nil, fmt.Errorf("page %d is not what it should be", id)
	}
	for one := id; one <= id+overflow; one++ {
		if b.seen[one] {
			return nil, fmt.Errorf("page %d is used twice", one)
		}
		b.seen[one] = true
	}
	page := make([]byte, int64(overflow+1)*int64(b.pageSize))
	_, err := b.file.ReadAt(page, at)
	return page, err
}

// An element is one of a page.
type element struct {
	flags      uint32
	child      uint64 // page, of a branch
	key, value []byte
}

// elements reads those of a page, in the order of their keys.
func elements(page []byte) (all []element, flags uint16, err error) {
	u32 := binary.LittleEndian.Uint32
	flags = binary.LittleEndian.Uint16(page[8:])
	count := int(binary.LittleEndian.Uint16(page[10:]))
	if flags != branchPage && flags != leafPage {
		return nil, flags, fmt.Errorf("a page of unknown kind %#x", flags)
	}
	if pageHead+count*elementSize > len(page) {
		return nil, flags, fmt.Errorf("%d elements do not fit into a page", count)
	}
	for i := range count {
		at := pageHead + i*elementSize
		raw := page[at : at+elementSize]
		var e element
		position, keySize, valueSize := u32(raw), u32(raw[4:]), uint32(0)
		if flags == leafPage {
			e.flags = u32(raw)
			position, keySize, valueSize = u32(raw[4:]), u32(raw[8:]), u32(raw[12:])
		} else {
			e.child = binary.LittleEndian.Uint64(raw[8:])
		}
		from := uint64(at) + uint64(position)
		end := from + uint64(keySize) + uint64(valueSize)
		if position < elementSize || keySize == 0 || end > uint64(len(page)) {
			return nil, flags, fmt.Errorf("element %d does not fit into its page", i)
		}
		e.key, e.value = page[from:from+uint64(keySize)], page[from+uint64(keySize):end]
		if i > 0 && bytes.Compare(all[i-1].key, e.key) >= 0 {
			return nil, flags, fmt.Errorf("element %d is out of order", i)
		}
		all = append(all, e)
	}
	return all, flags, nil
}

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

// buckets are those of etcd. One whose name has changed would be taken for an empty
// one.
var buckets = []string{
	"alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta",
}

// metaKeys are those of etcd's bucket meta.
var metaKeys = []string{
	"confState", "consistent_index", "finishedCompactRev", "scheduledCompactRev", "storageVersion", "term",
}

// open visits the bucket of an element. A small one stands in the element itself.
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

// pair looks at a key of etcd and its value.
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
		// A deletion has the key alone.
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
