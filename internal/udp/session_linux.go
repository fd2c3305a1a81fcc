package udp

import (
	"net/netip"
	"os"
	"syscall"

	"elbow/internal/balance"
	"elbow/internal/eventloop"
	"elbow/internal/socket"

	"golang.org/x/sys/unix"
)

// A session forwards the datagrams of one client address. It is owned by the goroutine
// of its loop.
type session struct {
	listener *Listener
	record   record
	active   socket.Instant // when it last carried a datagram
	before   *session       // in its list, the most recently used first
	after    *session
	name     *id   // QUIC connection id learned from its backend; nil: none
	fd       int32 // the socket connected to its backend
	proved   bool  // its client has sent something after an answer
	ended    bool
}

// sessions holds the sessions of one listener. It is owned by the goroutine of its
// loop.
type sessions struct {
	loop     *loop
	of       map[netip.AddrPort]*session
	unproved list
	proved   list
	learned  learner[*session]
}

// A list of sessions is ordered by use, the most recent first.
type list struct {
	first, last *session
	n           int
}

func (l *list) push(s *session) {
	s.before, s.after = nil, l.first
	if l.first != nil {
		l.first.before = s
	} else {
		l.last = s
	}
	l.first = s
	l.n++
}

func (l *list) remove(s *session) {
	if s.before != nil {
		s.before.after = s.after
	} else {
		l.first = s.after
	}
	if s.after != nil {
		s.after.before = s.before
	} else {
		l.last = s.before
	}
	s.before, s.after = nil, nil
	l.n--
}

// listOf returns the list that s is in.
func (s *session) listOf() *list {
	if s.proved {
		return &s.listener.state.proved
	}
	return &s.listener.state.unproved
}

// used records that s carries a datagram.
func (s *session) used(now socket.Instant) {
	s.active = now
	if l := s.listOf(); l.first != s {
		l.remove(s)
		l.push(s)
	}
}

// begin returns a new session for a client, whose first datagram is b, or nil if none
// is possible. avoid is the index of a backend that has just refused, or -1.
func (o *loop) begin(l *Listener, client netip.AddrPort, b []byte, avoid int) *session {
	cfg := l.config.Load()
	backend, name := o.choose(l, cfg, client, b, avoid)
	if backend == nil {
		return nil
	}
	if len(l.state.of) >= l.relay.max {
		o.evict(l)
	}
	fd, err := o.connect(l, backend)
	if err != nil {
		backend.Member.Active.Add(-1)
		return nil
	}
	s := &session{listener: l, fd: int32(fd), active: o.Now, name: name}
	s.record.client, s.record.backend, s.record.began = client, backend, o.Now
	l.state.of[client] = s
	l.state.unproved.push(s)
	o.enter(s)
	l.counts.Accepted()
	l.counts.Opened(1)
	l.running.Add(1)
	if name != nil {
		l.state.learned.of[*name] = s // the client's new address
	}
	return s
}

// choose picks the backend of a new session and counts the session there. A QUIC
// client whose address has changed keeps its backend.
func (o *loop) choose(l *Listener, cfg *Config, client netip.AddrPort, b []byte, avoid int) (*Backend, *id) {
	key := balance.Key{ClientIP: client.Addr().As16()}
	if cfg.QUIC {
		if was, name, ok := l.state.learned.find(b); ok && was.record.backend.Member.Health() != balance.Unhealthy {
			was.record.backend.Member.Active.Add(1)
			return was.record.backend, &name
		}
		key.QUICID = hashable(b)
	}
	backend := cfg.pick(key, avoid, o.Now)
	if backend != nil {
		backend.Member.Active.Add(1)
	}
	return backend, nil
}

// connect returns a socket connected to b. If there is no descriptor or port left, the
// least recently used session is ended.
func (o *loop) connect(l *Listener, b *Backend) (int, error) {
	for try := 0; ; try++ {
		fd, err := o.dial(b.Address)
		if err == nil && o.scarce(l, fd) {
			eventloop.CloseFD(fd) // it was not used
			err = unix.EMFILE
		}
		if err == nil {
			return fd, nil
		}
		if try > 0 || !o.evict(l) {
			return -1, err
		}
		o.closeAll()
	}
}

// scarce reports whether the number of a new descriptor shows that few are left. The
// sessions of UDP listeners, which last long, may use only half of all descriptors, so
// that some are left for connections.
func (o *loop) scarce(l *Listener, fd int) bool {
	limit := l.relay.files.Limit
	return l.relay.files.Refuses(uintptr(fd)) || limit > 0 && int64(fd) > limit/2 && len(l.state.of) >= fewSessions
}

// fewSessions is the number of sessions that each listener may have regardless of the
// descriptors in use.
const fewSessions = 256

// dial connects a spare socket, or a new one.
func (o *loop) dial(to netip.AddrPort) (int, error) {
	family := eventloop.Family(to)
	if spare := o.spare[family]; len(spare) > 0 {
		fd := spare[len(spare)-1]
		o.spare[family] = spare[:len(spare)-1]
		if eventloop.ConnectFD(fd, to) == 0 {
			return fd, nil
		}
		eventloop.CloseFD(fd)
	}
	fd, e := eventloop.NewFD(family, unix.SOCK_DGRAM)
	if e != 0 {
		return -1, os.NewSyscallError("socket", e)
	}
	if e := eventloop.ConnectFD(fd, to); e != 0 { // EAGAIN: no port is left
		eventloop.CloseFD(fd) // it was not used
		return -1, os.NewSyscallError("connect", e)
	}
	if err := o.Watch(fd, unix.EPOLLIN); err != nil {
		eventloop.CloseFD(fd) // it was not used
		return -1, err
	}
	return fd, nil
}

// recycle makes the socket of an ended session a spare one, and reports whether it
// did. Unread data of its backend is discarded, and later data finds no socket: the
// kernel releases the port on disconnect, and assigns another one on the next connect.
// A new socket costs twice as much.
func (o *loop) recycle(fd, family int) bool {
	if len(o.spare[family]) >= keptSockets || !disconnect(fd) {
		return false
	}
	for e := syscall.Errno(0); e != unix.EAGAIN; {
		if e = discard(fd); e != 0 && e != unix.ECONNREFUSED && e != unix.EAGAIN {
			return false
		}
	}
	o.spare[family] = append(o.spare[family], fd)
	return true
}

// keptSockets is the number of spare sockets of a family that a loop keeps.
const keptSockets = 256

// evict ends the least recently used session of l, preferring those whose client has
// sent nothing after an answer, and reports whether there was one.
func (o *loop) evict(l *Listener) bool {
	s := l.state.unproved.last
	if s == nil || l.state.unproved.n <= len(l.state.of)/unprovedShare && l.state.proved.last != nil {
		s = l.state.proved.last
	}
	if s == nil {
		return false
	}
	l.relay.overflow.Refuse(l.relay.log, errOverflow, "listener", l.address)
	o.end(s, byRoom)
	return true
}

// end ends a session.
func (o *loop) end(s *session, why reason) {
	if s.ended {
		return
	}
	s.ended = true
	l := s.listener
	s.listOf().remove(s)
	if l.state.of[s.record.client] == s {
		delete(l.state.of, s.record.client)
	}
	if s.name != nil {
		l.state.learned.forget(*s.name, s)
	}
	o.closing = append(o.closing, s)
	s.record.backend.Member.Active.Add(-1)
	s.record.reason = why
	l.finish(&s.record)
	l.counts.Opened(-1)
	l.running.Done()
}
