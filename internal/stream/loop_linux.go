package stream

import (
	"runtime/debug"

	"elbow/internal/eventloop"
	"elbow/internal/socket"

	"golang.org/x/sys/unix"
)

// A loop forwards the bytes of the connections it has accepted. Its goroutine owns all
// fields.
type loop struct {
	eventloop.Loop
	streams *Streams

	buf     []byte              // what is read is in it until it is written
	chunks  [][]byte            // buffers of len(buf) to use again
	held    int64               // bytes of the buffers that are in use
	pipes   []*pipe             // empty ones
	table   []*pair             // by the descriptors of both sides; nil: none
	accepts map[int32]*Listener // by descriptor
	ready   []*pair             // that have used up their turn
	paused  []*Listener         // that accept again with the next tick
	closing []int               // descriptors to close when all events of a batch have been seen
	wheel   wheel
}

// bufferSize is the size of one read, and how far one side may get ahead of the other.
// After two full reads in a row the bytes go through a pipe.
const bufferSize = 32 << 10

func newLoop(s *Streams) (*loop, error) {
	o := &loop{streams: s, buf: make([]byte, bufferSize), accepts: make(map[int32]*Listener)}
	o.wheel.start(socket.Now())
	return o, o.Start(o)
}

func (o *loop) close() {
	o.Do(func() {
		for _, p := range o.table {
			if p != nil && !p.ended {
				p.end(byDrain, true)
			}
		}
		o.closeAll()
	})
	o.Close()
	for _, p := range o.pipes {
		p.close()
	}
}

// Tick ends the connections whose timeout has passed.
func (o *loop) Tick() {
	for _, p := range o.wheel.due(o.Now) {
		if !p.ended {
			o.guarded(p, (*pair).late)
		}
	}
	o.goOn()
}

// Event handles events of a socket.
func (o *loop) Event(fd int32, events uint32) {
	if int(fd) < len(o.table) {
		if p := o.table[fd]; p != nil {
			if !p.ended {
				p.event(fd, events)
				o.guarded(p, (*pair).advance)
			}
			return
		}
	}
	if l := o.accepts[fd]; l != nil {
		o.take(l)
	}
}

// Batch continues the connections that have used up their turn, and closes the
// descriptors of ended ones.
func (o *loop) Batch() (more bool) {
	turns := o.ready
	o.ready = nil
	for _, p := range turns {
		if !p.ended {
			p.queued = false
			o.guarded(p, (*pair).pump)
		}
	}
	o.closeAll()
	return len(o.ready) > 0
}

// guarded runs a step of p. A panic costs this connection, not the process.
func (o *loop) guarded(p *pair, step func(*pair)) {
	defer func() {
		if fault := recover(); fault != nil {
			o.streams.log.Error("panic in a connection", "client", p.record.client, "listener", p.listener.address, "err", fault, "stack", string(debug.Stack()))
			p.end(byFault, true)
		}
	}()
	step(p)
}

// enter puts the descriptor of one side of p into the table and the set.
func (o *loop) enter(p *pair, fd int) error {
	o.table = eventloop.Grown(o.table, fd)
	o.table[fd] = p
	return o.Watch(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|eventloop.EdgeTriggered)
}

// drop closes the descriptor of one side when all events of the batch have been seen:
// its number must not be used again before that.
func (o *loop) drop(fd int) {
	o.closing = append(o.closing, fd)
}

func (o *loop) closeAll() {
	for _, fd := range o.closing {
		o.table[fd] = nil
		eventloop.CloseFD(fd)
	}
	o.closing = o.closing[:0]
}

// takeChunk returns an empty buffer for n pending bytes.
func (o *loop) takeChunk(n int) []byte {
	var c []byte
	switch last := len(o.chunks) - 1; {
	case n <= leanRead: // allocated exactly: there may be many
		c = make([]byte, 0, n)
	case last >= 0:
		c, o.chunks = o.chunks[last], o.chunks[:last]
	default:
		c = make([]byte, 0, bufferSize)
	}
	o.held += int64(cap(c))
	return c
}

// keptChunks is the number of unused buffers that a loop keeps, 2 MB.
const keptChunks = 64

// giveChunk returns a buffer to the loop.
func (o *loop) giveChunk(c []byte) {
	o.held -= int64(cap(c))
	if cap(c) == bufferSize && len(o.chunks) < keptChunks {
		o.chunks = append(o.chunks, c[:0])
	}
}
