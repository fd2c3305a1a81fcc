package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// The file format of bbolt: pages of one size, little-endian. Pages 0 and 1 are
// the meta pages, of which the one with the higher transaction is valid. All
// others are the nodes of B+ trees, one for each bucket; the tree of buckets is
// the root.
//
// bbolt's own check maps the file and follows the pages, so that a damaged one
// ends the process. This one reads within bounds.
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

// A boltMeta is the content of a meta page.
type boltMeta struct {
	pageSize    uint32
	root        uint64 // page
	freelist    uint64 // page, or noFreelist
	end         uint64 // the first page never used
	transaction uint64
}

var errNoMeta = errors.New("neither of its two head pages is one of a database")

// readMeta returns the newer valid meta page. The second one is at the offset of
// the first one's page size, which is the system's.
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

// page reads a page with its overflow pages. Each may belong to one tree only.
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

// An element is an element of a page.
type element struct {
	flags      uint32
	child      uint64 // page, of a branch
	key, value []byte
}

// elements returns the elements of a page, in the order of their keys.
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
