package proxy

import "sync"

// A buffer is bytes on loan from a pool: bufferBytes of them, or longBytes.
type buffer struct{ b []byte }

// A headBuffer is a smaller one, for what is kept for as long as an exchange
// lasts: the request head.
type headBuffer struct{ b [headBytes]byte }

// records are TLS records on their way to one write.
type records struct{ b []byte }

// The pools are those of the process, so that memory follows the load of the
// moment and not the sum of what each listener once needed.
var (
	buffers     = sync.Pool{New: func() any { return &buffer{make([]byte, bufferBytes)} }}
	longBuffers = sync.Pool{New: func() any { return &buffer{make([]byte, longBytes)} }}
	headBuffers = sync.Pool{New: func() any { return new(headBuffer) }}
	heldRecords = sync.Pool{New: func() any { return &records{make([]byte, 0, recordsBytes)} }}
	longRecords = sync.Pool{New: func() any { return &records{make([]byte, 0, longRecordsBytes)} }}
)

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func takeLongBuffer() *buffer { return longBuffers.Get().(*buffer) }

func (b *buffer) release() {
	if len(b.b) == longBytes {
		longBuffers.Put(b)
		return
	}
	buffers.Put(b)
}

// takeRecords returns room for the records of n bytes.
func takeRecords(n int) *records {
	if n > bufferBytes {
		return longRecords.Get().(*records)
	}
	return heldRecords.Get().(*records)
}

func (r *records) release() {
	r.b = r.b[:0]
	if cap(r.b) >= longRecordsBytes {
		longRecords.Put(r)
		return
	}
	heldRecords.Put(r)
}
