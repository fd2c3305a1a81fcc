package udp

import (
	"errors"
	"net/netip"
	"runtime/debug"
	"slices"

	"elbow/internal/balance"
	"elbow/internal/eventloop"

	"golang.org/x/sys/unix"
)

var errOverflow = errors.New("too many sessions: those that were used least recently end")

// A loop forwards the datagrams of its listeners. Its goroutine owns all fields.
type loop struct {
	eventloop.Loop
	relay *Relay

	in      *batch // from clients
	out     *batch // from backends
	queued  int    // messages of out to be sent, all of one listener
	sender  *Listener
	table   []*session          // by descriptor; nil: none
	reads   map[int32]*Listener // by descriptor
	all     map[*Listener]struct{}
	closing []*session // ended sessions whose sockets are to be closed
	spares  spares
}

func newLoop(r *Relay) *loop {
	o := &loop{relay: r, in: newBatch(), out: newBatch(), reads: make(map[int32]*Listener), all: make(map[*Listener]struct{})}
	o.spares = spares{loop: &o.Loop, of: make(map[int][]int)}
	return o
}

// listen starts reading the datagrams of l.
func (o *loop) listen(l *Listener) {
	if l.socket.IsShut() {
		return
	}
	l.state.of = make(map[netip.AddrPort]*session)
	if err := o.Watch(l.socket.FD, unix.EPOLLIN); err != nil {
		o.relay.log.Error("datagrams are not read", "listener", l.address, "err", err)
		return
	}
	o.reads[int32(l.socket.FD)] = l
	o.all[l] = struct{}{}
}

func (o *loop) unlisten(l *Listener) {
	if o.reads[int32(l.socket.FD)] == l {
		delete(o.reads, int32(l.socket.FD))
		o.Unwatch(l.socket.FD)
	}
}

// Event reads the datagrams of a socket.
func (o *loop) Event(fd int32, _ uint32) {
	if int(fd) < len(o.table) {
		if s := o.table[fd]; s != nil {
			if !s.ended {
				o.guarded(s.listener, s, func() { o.answers(s) })
			}
			return
		}
	}
	if l := o.reads[fd]; l != nil {
		o.guarded(l, nil, func() { o.requests(l) })
	}
}

// Batch sends the queued answers.
func (o *loop) Batch() bool {
	o.flush()
	o.closeAll()
	return false
}

// Tick ends the sessions whose idle timeout has passed.
func (o *loop) Tick() {
	for l := range o.all {
		o.expire(l)
	}
}

// expire ends the sessions of l whose idle timeout has passed.
func (o *loop) expire(l *Listener) {
	idle := l.config.Load().idle()
	for _, all := range []*list{&l.state.unproved, &l.state.proved} {
		for all.last != nil && all.last.active.Add(idle) <= o.Now {
			o.end(all.last, byIdle)
		}
	}
}

// guarded runs step. A panic costs a session, or the datagrams of one step, not the
// process.
func (o *loop) guarded(l *Listener, s *session, step func()) {
	defer func() {
		if fault := recover(); fault != nil {
			o.relay.log.Error("panic in a UDP listener", "listener", l.address, "err", fault, "stack", string(debug.Stack()))
			if s != nil {
				o.end(s, byFault)
			}
		}
	}()
	step()
}

// turnReads is the number of batches of one socket that are read before others are served.
const turnReads = 8

// requests forwards datagrams of clients.
func (o *loop) requests(l *Listener) {
	for range turnReads {
		n, e := o.in.receive(l.socket.FD, 0, batchSize)
		if e != 0 {
			return // nothing more, or an error that is not repeated
		}
		bytes := int64(0)
		for i := range n {
			if o.in.messages[i].header.Flags&unix.MSG_TRUNC != 0 {
				continue // longer than any datagram
			}
			b := o.in.datagram(i)
			bytes += int64(len(b))
			o.request(l, o.in.from(i), b)
		}
		l.counts.Moved(bytes, 0)
		if n < batchSize {
			return
		}
	}
}

// request forwards one datagram. It begins a session if there is none.
func (o *loop) request(l *Listener, client netip.AddrPort, b []byte) {
	s := l.state.of[client]
	if s != nil && s.record.backend.Member.Health() == balance.Unhealthy && s.replaceable() {
		o.end(s, byHealth)
		s = nil
	}
	if s == nil {
		if s = o.begin(l, client, b, -1); s == nil {
			l.counts.Refused()
			return
		}
	}
	s.used(o.Now)
	if s.record.nOut > 0 && !s.proved {
		s.listOf().remove(s)
		s.proved = true
		s.listOf().push(s)
	}
	s.record.in += int64(len(b))
	s.record.nIn++
	if write(int(s.fd), b) == unix.ECONNREFUSED {
		o.again(s, b)
	}
	// Other errors are ignored: UDP may lose a datagram (RFC 8085, 3.4).
}

// again sends b, of a client whose backend's port is closed, to another backend. The
// refusal belongs to an earlier datagram; b has not been sent.
func (o *loop) again(s *session, b []byte) {
	l, client := s.listener, s.record.client
	avoid := slices.Index(l.config.Load().Backends, s.record.backend)
	s.record.backend.refused.Store(int64(o.Now))
	o.end(s, byRefusal)
	s = o.begin(l, client, b, avoid)
	if s == nil {
		l.counts.Refused()
		return
	}
	l.counts.Retried()
	s.record.in, s.record.nIn, s.record.wasReplaced = int64(len(b)), 1, true
	_ = write(int(s.fd), b) // no error is pending on a new socket; otherwise b is lost
}

// answers queues what the backend of s has sent.
func (o *loop) answers(s *session) {
	l := s.listener
	for range turnReads {
		if o.sender != l || o.queued == batchSize {
			o.flush()
		}
		o.sender = l
		want := batchSize - o.queued
		n, e := o.out.receive(int(s.fd), o.queued, want)
		if e == unix.ECONNREFUSED {
			s.record.backend.refused.Store(int64(o.Now))
			o.end(s, byRefusal)
			return
		}
		if e != 0 {
			return
		}
		for range n {
			b := o.out.datagram(o.queued)
			s.record.out += int64(len(b))
			s.record.nOut++
			o.out.address(o.queued, s.record.client)
			s.learn(b)
			o.queued++
		}
		s.used(o.Now)
		if n < want {
			return
		}
	}
}

// flush sends the queued answers to their clients.
func (o *loop) flush() {
	bytes := int64(0)
	for i := 0; i < o.queued; {
		n, e := o.out.send(o.sender.socket.FD, i, o.queued-i)
		if e != 0 {
			n = 1 // the first one is lost
		} else {
			for j := range n {
				bytes += int64(o.out.messages[i+j].length)
			}
		}
		i += n
	}
	if bytes > 0 {
		o.sender.counts.Moved(0, bytes)
	}
	o.queued = 0
}

// cut ends the sessions for which which reports true.
func (o *loop) cut(which func(*Listener, *Backend) bool, why reason) {
	o.flush()
	for _, s := range o.table {
		if s != nil && !s.ended && which(s.listener, s.record.backend) {
			o.end(s, why)
		}
	}
}

// enter adds the socket of a session to the table.
func (o *loop) enter(s *session) {
	o.table = eventloop.Grown(o.table, int(s.fd))
	o.table[s.fd] = s
}

// closeAll closes the sockets of ended sessions. It is called after all events of a
// batch have been handled, or earlier when a descriptor is needed for another session.
func (o *loop) closeAll() {
	for _, s := range o.closing {
		fd := int(s.fd)
		o.table[fd] = nil
		if !o.spares.recycle(fd, eventloop.Family(s.record.backend.Address)) {
			eventloop.CloseFD(fd)
		}
	}
	clear(o.closing)
	o.closing = o.closing[:0]
}
