package proxy

import "sync"

// A buffer is bytes on loan from a pool. Its size is bufferBytes.
type buffer struct{ b [bufferBytes]byte }

// A headBuffer is a smaller one, for what is kept for as long as an exchange
// lasts: the request head.
type headBuffer struct{ b [headBytes]byte }

// records are TLS records on their way to one write.
type records struct{ b []byte }

// The pools are those of the process, so that memory follows the load of the
// moment and not the sum of what each listener once needed.
var (
	buffers     = sync.Pool{New: func() any { return new(buffer) }}
	headBuffers = sync.Pool{New: func() any { return new(headBuffer) }}
	heldRecords = sync.Pool{New: func() any { return &records{make([]byte, 0, recordsBytes)} }}
)

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) release() { buffers.Put(b) }
