package exchange

import (
	"testing"

	"elbow/internal/buffer"
	"elbow/internal/leak"
)

// Only what fills a buffer, for a client that takes it at once, gets long ones,
// and none that holds something is exchanged.
func TestFlowLengthens(t *testing.T) {
	leak.Check(t)
	read := func(f *flow, n int) { // and decode
		f.Open()
		n = min(n, len(f.Space()))
		f.W += n
		f.r = f.W
	}
	const all = buffer.LongBytes
	var f flow
	for i, step := range []struct {
		bytes int
		swift bool
		size  int // of the buffer that the next read has
	}{
		{100, true, buffer.Bytes},
		{all, false, buffer.Bytes},
		{all, true, buffer.LongBytes},
		{100, true, buffer.LongBytes}, // the backend is slow, not the client
		{all, true, buffer.LongBytes},
		{all, false, buffer.Bytes},
		{all, true, buffer.LongBytes},
	} {
		read(&f, step.bytes)
		f.lengthen(step.swift)
		f.Open()
		if got := len(f.Buf.B); got != step.size {
			t.Errorf("step %d: got a buffer of %d bytes, want %d", i, got, step.size)
		}
	}
	f.W += 3 // a piece of a chunk's line
	f.lengthen(false)
	if len(f.Left()) != 3 {
		t.Errorf("%d of 3 bytes are left", len(f.Left()))
	}
	f.Drop()
}
