package upstream

import "elbow/internal/http2"

// An h2Output queues the frames that an HTTP/2 connection is to write. It is guarded by
// h2Conn.mu, except for wake.
type h2Output struct {
	wake    chan struct{} // the writer has work; capacity 1
	queue   []byte        // frames to be written
	spare   []byte        // memory for the next queue
	greeted bool          // the first header block has been queued
	told    bool          // part of a request was queued since the last PING
}

// wakeWriter wakes the writer.
func (o *h2Output) wakeWriter() {
	select {
	case o.wake <- struct{}{}:
	default: // already signalled
	}
}

// full reports whether requests have to wait.
func (o *h2Output) full() bool { return len(o.queue) >= queueRoom }

// take returns the queue and leaves an empty one.
func (o *h2Output) take() (out []byte) {
	out, o.queue, o.spare = o.queue, o.spare[:0], o.queue
	if cap(o.spare) > 2*queueRoom {
		o.spare = nil
	}
	return out
}

// appendBlock queues a header block.
func (o *h2Output) appendBlock(id uint32, block []byte, flags http2.Flags) {
	o.queue = http2.AppendBlock(o.queue, id, block, flags, !o.greeted)
	o.greeted, o.told = true, true
	o.wakeWriter()
}

// appendData queues a DATA frame.
func (o *h2Output) appendData(id uint32, p []byte, flags http2.Flags) {
	o.told = true
	o.queue = append(http2.AppendHeader(o.queue, len(p), http2.Data, flags, id), p...)
	o.wakeWriter()
}

// appendUpdate queues a WINDOW_UPDATE for a stream, or for all of them if id is 0.
func (o *h2Output) appendUpdate(id uint32, n int) {
	o.queue = http2.AppendWindowUpdate(o.queue, id, n)
	o.wakeWriter()
}
