package h2

import (
	"slices"
	"time"

	"elbow/internal/buffer"
	"elbow/internal/http2"
	"elbow/internal/proxy/tcp"
	"elbow/internal/socket"
)

// An output holds the frames that a connection is to write, and what limits them: the room
// in the queue, and the client's flow-control windows. It is guarded by mux.mu.
type output struct {
	wire *tcp.Wire

	window  http2.Window // send window of the connection
	initial int64        // initial send window of a stream
	waiting []*stream    // for room in the queue or in window, oldest first

	queue   *buffer.Records // frames to be written; nil: none
	writing bool            // the writer goroutine is running
	settled bool            // the writer ends once the queue is empty
	greeted bool            // the first header block has been queued
	told    bool            // a part of an answer has been queued since the last PING
	ending  bool            // no more streams, and no more frames once the queue is written

	written int64 // bytes that the kernel has accepted
	handed  int   // bytes in the current write
	taken   taken
}

// queued returns the queue, which is taken from a pool while it is not empty.
func (o *output) queued() *buffer.Records {
	if o.queue == nil {
		o.queue = buffer.TakeRecords(0)
	}
	return o.queue
}

// full reports whether answers have to wait.
func (o *output) full() bool { return o.queue != nil && len(o.queue.B) >= queueRoom }

// take returns the queue for writing and leaves an empty one. ends means that the writer
// must end; q is nil then.
func (o *output) take() (q *buffer.Records, ends bool) {
	q, o.queue = o.queue, nil
	if q != nil {
		o.handed = len(q.B)
		return q, false
	}
	if ends = o.ending || o.settled; ends {
		o.writing = false
	}
	return nil, ends
}

// wrote records that the queue that take returned has been written, or that err has ended
// the connection.
func (o *output) wrote(err error) {
	o.written += int64(o.handed)
	o.handed = 0
	if err != nil {
		o.ending = true
	}
}

// appendBlock queues a header block, and returns the size of its frames.
func (o *output) appendBlock(id uint32, block []byte, flags http2.Flags) (size int) {
	q := o.queued()
	before := len(q.B)
	q.B = http2.AppendBlock(q.B, id, block, flags, !o.greeted)
	o.greeted = true
	return len(q.B) - before
}

// appendData queues a DATA frame, for which there must be room, and returns its size.
func (o *output) appendData(id uint32, p []byte, flags http2.Flags) (size int) {
	q := o.queued()
	q.B = http2.AppendHeader(q.B, len(p), http2.Data, flags, id)
	q.B = append(q.B, p...)
	return http2.HeaderLen + len(p)
}

// grant takes up to want bytes of the windows for a DATA frame of s; 0 if there is no room
// or no window.
func (o *output) grant(s *stream, want int) int {
	if o.full() {
		return 0
	}
	n := http2.Reserve(&s.window, &o.window, want)
	o.taken.owed += int64(n)
	return n
}

// leaveQueue removes s from the waiting streams.
func (o *output) leaveQueue(s *stream) {
	if i := slices.Index(o.waiting, s); i >= 0 {
		o.waiting = slices.Delete(o.waiting, i, i+1)
	}
}

// wakeNext wakes the stream that has waited longest, if there is room in the queue and
// in the window of the connection. That stream wakes the next one after it has queued
// a piece or found that it cannot.
func (o *output) wakeNext() {
	if len(o.waiting) > 0 && o.window > 0 && !o.full() {
		o.waiting[0].out.Signal()
	}
}

// A taken tracks how much of what was written the client has received. TCP
// acknowledgments show what its kernel has, window updates show what its program has
// read.
type taken struct {
	acked int64          // of the bytes that our kernel has accepted
	since socket.Instant // when acked last grew; 0: nothing is unacknowledged
	owed  int64          // bytes of DATA for which the client has not given window back
}

// behind returns how many bytes are queued or not acknowledged by the client's TCP.
func (o *output) behind(at socket.Instant) int64 {
	left, err := o.wire.Unacked()
	if err != nil { // it is closed: nothing more is acknowledged
		return o.given() - o.taken.acked
	}
	// Under TLS the kernel counts more bytes than were written here, so this never
	// overestimates.
	if acked := o.written - int64(left); acked > o.taken.acked || o.taken.since == 0 {
		o.taken.acked, o.taken.since = max(acked, o.taken.acked), at
	}
	n := o.given() - o.taken.acked
	if n == 0 {
		o.taken.since = 0
	}
	return n
}

// given returns the number of bytes that will have been written once the queue is
// empty.
func (o *output) given() int64 {
	n := o.written + int64(o.handed)
	if o.queue != nil {
		n += int64(len(o.queue.B))
	}
	return n
}

// stands reports whether the client has received nothing for limit. behind must have been
// called before.
func (o *output) stands(at socket.Instant, limit time.Duration) bool {
	return o.taken.since != 0 && at >= o.taken.since.Add(limit)
}
