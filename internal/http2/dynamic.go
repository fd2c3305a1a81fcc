package http2

import "elbow/internal/fieldcode"

// maxEntries is the maximum number of entries.
const maxEntries = tableBytes / fieldcode.Overhead

// A table is the dynamic table of a decoder (RFC 7541, 2.3.2). Its entries are a
// ring; their text is consecutive in one slice, which is compacted when its end
// has been reached, so that in steady state nothing is allocated.
type table struct {
	limit   int // size chosen by the encoder
	size    int // as defined by RFC 7541, 4.1
	entries [maxEntries]entry
	first   int // oldest of entries
	count   int
	text    []byte
}

type entry struct {
	at          uint16 // offset in text
	name, value uint16 // lengths
}

// setLimit changes the limit and evicts what does not fit.
func (t *table) setLimit(n int) {
	t.limit = n
	t.evict(0)
}

// evict makes room for n bytes.
func (t *table) evict(n int) {
	for t.count > 0 && t.size+n > t.limit {
		e := &t.entries[t.first]
		t.size -= fieldcode.Overhead + int(e.name) + int(e.value)
		t.first = (t.first + 1) % maxEntries
		t.count--
	}
}

// add inserts an entry; an entry larger than the table empties it (RFC 7541,
// 4.4). name and value must not alias the table.
func (t *table) add(name, value []byte) {
	n := fieldcode.Overhead + len(name) + len(value)
	t.evict(n)
	if n > t.limit {
		return
	}
	at := t.room(len(name) + len(value))
	t.text = append(append(t.text[:at], name...), value...)
	t.entries[(t.first+t.count)%maxEntries] = entry{uint16(at), uint16(len(name)), uint16(len(value))}
	t.count++
	t.size += n
}

// room returns an offset for n bytes of text after the newest entry.
func (t *table) room(n int) int {
	if t.count == 0 {
		t.text = t.text[:0]
	}
	end := len(t.text)
	if end+n <= 2*tableBytes {
		return end
	}
	start := int(t.entries[t.first].at)
	t.text = t.text[:copy(t.text, t.text[start:])]
	for i := range t.count {
		t.entries[(t.first+i)%maxEntries].at -= uint16(start)
	}
	return len(t.text)
}

// get returns the entry of an index, the newest being 1. The slices are valid
// until the next add.
func (t *table) get(i int) (f fieldcode.Field, ok bool) {
	if i < 1 || i > t.count {
		return f, false
	}
	e := t.entries[(t.first+t.count-i)%maxEntries]
	name := int(e.at) + int(e.name)
	return fieldcode.Field{Name: t.text[e.at:name:name], Value: t.text[name : name+int(e.value)]}, true
}
