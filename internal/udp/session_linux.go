package udp

import (
	"net/netip"
	"slices"

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

// replaceable reports whether there is a backend other than that of s.
func (s *session) replaceable() bool {
	cfg := s.listener.config.Load()
	if cfg.Scheduler == nil {
		return false
	}
	i := cfg.Scheduler.Pick(balance.Key{ClientIP: s.record.client.Addr().As16()}, slices.Index(cfg.Backends, s.record.backend))
	return i >= 0
}

// learn records the connection id that a QUIC server has chosen.
func (s *session) learn(b []byte) {
	if !isLong(b) || !s.listener.config.Load().QUIC {
		return
	}
	if name, ok := s.listener.state.learned.learn(b, s); ok && (s.name == nil || *s.name != name) {
		if s.name != nil {
			s.listener.state.learned.forget(*s.name, s)
		}
		s.name = &name
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
		fd, err := o.spares.dial(b.Address)
		if err == nil && l.scarce(fd) {
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
func (l *Listener) scarce(fd int) bool {
	limit := l.relay.files.Limit
	return l.relay.files.Refuses(uintptr(fd)) || limit > 0 && int64(fd) > limit/2 && len(l.state.of) >= fewSessions
}

// fewSessions is the number of sessions that each listener may have regardless of the
// descriptors in use.
const fewSessions = 256

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
