package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"elbow/internal/regular"
)

// dbFile is the path of the database in the store.
var dbFile = filepath.Join("member", "snap", "db")

// A documentCheck is Config.Document.
type documentCheck = func(key, value []byte, leased bool) error

// A boltFile is a database that is read without being opened.
type boltFile struct {
	boltMeta
	file *os.File
	seen map[uint64]bool // pages that were visited

	bucketName []byte // of the bucket being read
	lastKey    []byte // last key in it

	document documentCheck
	bad      map[string]error // the result of document for the last revision of a key; nil: valid

	index uint64 // consistent_index of etcd: the last log entry in the database
	keys  int    // number of keys in the bucket of etcd's keys
}

// readDatabase reads all of the database. Without a file, or with an empty one,
// which exists for a moment while it is created, both results are nil; damage is
// a *DamageError.
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

// free checks that no page is both free and in use, where free pages are listed
// in the file.
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
