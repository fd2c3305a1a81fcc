package stream

import (
	"net/netip"

	"elbow/internal/eventloop"
	"elbow/internal/socket"

	"golang.org/x/sys/unix"
)

// A pair is a client connection and its backend connection. It belongs to the
// goroutine of its loop.
type pair struct {
	loop     *loop
	listener *Listener
	backend  *Backend // where the connection is counted; nil: none
	config   *Config  // until the backend is connected
	client   side
	server   side
	record   record
	active   socket.Instant // when bytes moved last; while connecting, when that began
	before   *pair          // previous in the list of its wheel slot
	after    *pair          // next in the list
	slot     int16          // of the wheel; -1: not in the wheel
	avoid    int32          // index of the backend that failed last, -1: none
	up       bool           // the backend connection is established
	queued   bool           // it is in loop.ready
	ended    bool
}

// A side is one of the two sockets of a pair.
type side struct {
	fd       int32 // -1: there is none
	full     uint8 // number of full reads in a row
	readable bool  // there may be something to read
	writable bool  // there may be room to write
	last     bool  // the peer has closed its sending side, or the connection
	eof      bool  // everything it sent has been read
	failed   bool  // the kernel has reported an error, such as a reset
	shut     bool  // our sending side is closed
	waiting  []byte
	pipe     *pipe // with pending bytes; nil: none
}

// begin makes a pair of an accepted connection.
func (o *loop) begin(l *Listener, fd int, client netip.AddrPort) {
	p := &pair{loop: o, listener: l, config: l.config.Load(), avoid: -1, slot: -1}
	p.client, p.server = side{fd: int32(fd)}, side{fd: -1}
	p.record.client, p.record.began, p.active = client, o.Now, o.Now
	if err := o.enter(p, fd); err != nil {
		p.end(byScarcity, true)
		return
	}
	o.guarded(p, (*pair).connect)
	if !p.ended {
		o.wheel.put(p, p.active.Add(l.streams.dial))
	}
}

// connect starts to connect to a backend, or ends the pair if there is none to
// try.
func (p *pair) connect() {
	for {
		b, i, full := p.listener.choose(p.config, p.record.client.Addr(), int(p.avoid))
		switch {
		case b == nil && p.record.attempts > 0:
			p.end(byRefusal, true)
			return
		case b == nil && full:
			p.end(byFull, true)
			return
		case b == nil:
			p.end(byNobody, true)
			return
		}
		p.backend, p.avoid, p.active = b, int32(i), p.loop.Now
		if p.record.attempts++; p.record.attempts > 1 {
			p.listener.counts.Retried()
		}
		if p.dial(b) || p.ended {
			return
		}
		if !p.another() {
			return
		}
	}
}

// dial opens the socket to the backend and starts to connect it. It reports
// whether that succeeded.
func (p *pair) dial(b *Backend) bool {
	fd, e := eventloop.NewFD(eventloop.Family(b.Address), unix.SOCK_STREAM)
	if e != 0 {
		p.end(byScarcity, true)
		return false
	}
	p.server = side{fd: int32(fd)}
	if p.loop.streams.files.Refuses(uintptr(fd)) {
		p.loop.table = eventloop.Grown(p.loop.table, fd)
		p.end(byScarcity, true)
		return false
	}
	setOption(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // best effort: without it small messages are delayed
	if e := eventloop.ConnectFD(fd, b.Address); e != 0 && e != unix.EINPROGRESS {
		p.loop.table = eventloop.Grown(p.loop.table, fd)
		return false
	}
	if err := p.loop.enter(p, fd); err != nil {
		p.end(byScarcity, true)
		return false
	}
	return true
}

// another gives up a backend that did not accept. It reports whether another one
// may be tried; else the pair has ended. Nothing was read from the client before.
func (p *pair) another() bool {
	p.loop.drop(int(p.server.fd))
	p.server = side{fd: -1}
	p.release()
	if p.record.attempts < maxAttempts {
		return true
	}
	p.end(byRefusal, true)
	return false
}

// release removes the connection from the backend's count.
func (p *pair) release() {
	if p.backend != nil {
		p.backend.Member.Active.Add(-1)
		p.backend = nil
	}
}

// event records an event on a socket of p.
func (p *pair) event(fd int32, events uint32) {
	s := &p.client
	if fd != s.fd {
		if s = &p.server; fd != s.fd {
			return // of a backend tried before
		}
	}
	const ends = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	s.readable = s.readable || events&(unix.EPOLLIN|ends) != 0
	s.writable = s.writable || events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0
	s.last = s.last || events&ends != 0
	s.failed = s.failed || events&unix.EPOLLERR != 0
	if !p.up && s == &p.client && events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		p.end(byClient, true) // no client waits for the backend any more
	}
}

// advance continues with p after an event.
func (p *pair) advance() {
	switch {
	case p.ended:
	case p.up:
		p.pump()
	case p.server.writable:
		p.connected()
	}
}

// connected handles the result of an attempt to connect.
func (p *pair) connected() {
	if pendingError(int(p.server.fd)) != 0 {
		if p.another() {
			p.connect()
		}
		return
	}
	o, cfg := p.loop, p.config
	p.up, p.active, p.config = true, o.Now, nil
	p.record.connected, p.record.backend = o.Now, p.backend
	if cfg.Persistence > 0 {
		p.listener.memory.remember(p.record.client.Addr(), p.backend, o.Now, cfg.Persistence)
	}
	if cfg.ProxyHeader {
		p.server.waiting = appendProxyHeader(o.takeChunk(leanRead), p.record.client, p.listener.address)
	}
	p.pump()
}

// late ends p if its timeout has passed, and puts it back into the wheel if not.
func (p *pair) late() {
	limit := p.listener.streams.dial
	if p.up {
		limit = p.listener.config.Load().idle()
	}
	due := p.active.Add(limit)
	if p.loop.Now < due {
		p.loop.wheel.put(p, due)
		return
	}
	if p.up {
		p.end(byIdle, p.client.pending() || p.server.pending())
		return
	}
	if p.another() {
		p.connect()
	}
	if !p.ended {
		p.loop.wheel.put(p, p.active.Add(p.listener.streams.dial))
	}
}

// end closes both sockets, with a reset if not all bytes were passed on.
func (p *pair) end(why reason, abruptly bool) {
	if p.ended {
		return
	}
	p.ended = true
	p.loop.wheel.remove(p)
	for _, s := range []*side{&p.client, &p.server} {
		if s.fd < 0 {
			continue
		}
		if abruptly {
			reset(int(s.fd))
		}
		p.loop.drop(int(s.fd))
		p.loop.letGo(s)
	}
	p.release()
	p.record.reason = why
	p.listener.finish(&p.record)
	p.listener.leave()
}

// letGo returns what a side holds to the loop.
func (o *loop) letGo(s *side) {
	if s.waiting != nil {
		o.giveChunk(s.waiting)
		s.waiting = nil
	}
	if s.pipe != nil {
		o.givePipe(s.pipe)
		s.pipe = nil
	}
}
