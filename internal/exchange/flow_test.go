package exchange

import (
	"testing"

	"elbow/internal/buffer"
	"elbow/internal/leak"
)

// Only a transfer that fills its buffers, to a client that reads at once, gets long
// buffers, and a buffer with data in it is never replaced.
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
		size  int // of the next read's buffer
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
	f.W += 3 // part of a chunk line
	f.lengthen(false)
	if len(f.Left()) != 3 {
		t.Errorf("%d of 3 bytes are left", len(f.Left()))
	}
	f.Drop()
}
