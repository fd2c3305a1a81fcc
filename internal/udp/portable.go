//go:build !linux

package udp

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"elbow/internal/balance"
	"elbow/internal/socket"
)

// An engine, on systems without epoll, has a goroutine for each session.
type engine struct {
	mu        sync.Mutex
	listeners map[*Listener]struct{} // guarded by mu
}

func (e *engine) start(*Relay) error {
	e.listeners = make(map[*Listener]struct{})
	return nil
}

func (e *engine) close() {}

// A socketOf is the socket of a listener.
type socketOf struct {
	udp    *net.UDPConn
	once   sync.Once
	closed chan struct{} // closed when reading must end
	ended  chan struct{} // closed when reading has ended
}

func (s *socketOf) open(of *Relay, addr netip.AddrPort) (err error) {
	s.closed, s.ended = make(chan struct{}), make(chan struct{})
	if of.inherit != nil {
		if f, ok := of.inherit("udp", addr); ok {
			defer f.Close() // a duplicate
			c, err := net.FilePacketConn(f)
			if err != nil {
				return err
			}
			if s.udp, ok = c.(*net.UDPConn); !ok {
				return errors.New("the inherited socket is none of UDP")
			}
			return nil
		}
	}
	s.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	return err
}

func (s *socketOf) Address() netip.AddrPort { return socket.AddrPort(s.udp.LocalAddr()) }

func (s *socketOf) Close() { _ = s.udp.Close() } // closed once

func (s *socketOf) Duplicate() (*os.File, error) { return socket.Duplicate(s.udp) }

// sessions holds the sessions of one listener.
type sessions struct {
	mu sync.Mutex
	of map[netip.AddrPort]*session // guarded by mu
}

// A session forwards the datagrams of one client address.
type session struct {
	mu     sync.Mutex
	record record // guarded by mu
	active socket.Instant
	conn   *net.UDPConn
	why    reason // guarded by mu
	cut    bool   // guarded by mu
}

func (e *engine) read(l *Listener) {
	l.state.of = make(map[netip.AddrPort]*session)
	e.mu.Lock()
	e.listeners[l] = struct{}{}
	e.mu.Unlock()
	go e.run(l) // ends when the listener stops; unread waits
}

func (e *engine) run(l *Listener) {
	defer close(l.socket.ended)
	select {
	case <-l.relay.begun:
	case <-l.socket.closed:
		return
	}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.socket.udp.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			continue
		}
		l.counts.Moved(int64(n), 0)
		e.request(l, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buf[:n])
	}
}

func (e *engine) unread(l *Listener) {
	l.socket.once.Do(func() { close(l.socket.closed) })
	_ = l.socket.udp.SetReadDeadline(time.Unix(1, 0)) // ends reading
	<-l.socket.ended
}

// forget removes the listener from the engine.
func (e *engine) forget(l *Listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.listeners, l)
}

// request forwards one datagram.
func (e *engine) request(l *Listener, client netip.AddrPort, b []byte) {
	l.state.mu.Lock()
	s := l.state.of[client]
	l.state.mu.Unlock()
	if s == nil {
		if s = e.begin(l, client, b); s == nil {
			l.counts.Refused()
			return
		}
	}
	s.mu.Lock()
	s.active = socket.Now()
	s.record.in += int64(len(b))
	s.record.nIn++
	s.mu.Unlock()
	_, _ = s.conn.Write(b) // UDP may lose a datagram
}

func (e *engine) begin(l *Listener, client netip.AddrPort, b []byte) *session {
	cfg := l.config.Load()
	key := balance.Key{ClientIP: client.Addr().As16()}
	if cfg.QUIC {
		key.QUICID = hashable(b)
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	backend := cfg.pick(key, -1, socket.Now())
	if backend == nil || len(l.state.of) >= l.relay.max {
		return nil
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(backend.Address))
	if err != nil {
		return nil
	}
	s := &session{conn: c, active: socket.Now()}
	s.record.client, s.record.backend, s.record.began = client, backend, s.active
	l.state.of[client] = s
	backend.Member.Active.Add(1)
	l.counts.Accepted()
	l.counts.Opened(1)
	l.running.Add(1)
	go e.serve(l, s) // ends with the session; Drain waits
	return s
}

// serve forwards answers to the client.
func (e *engine) serve(l *Listener, s *session) {
	buf := make([]byte, maxDatagram)
	for {
		s.mu.Lock()
		ends, cut := s.active.Add(l.config.Load().idle()), s.cut
		s.mu.Unlock()
		if cut {
			break
		}
		_ = s.conn.SetReadDeadline(ends.Time()) // if this fails, the read fails, too
		n, err := s.conn.Read(buf)
		s.mu.Lock()
		over := s.cut
		switch {
		case over:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if over = s.active.Add(l.config.Load().idle()) <= socket.Now(); over {
				s.why = byIdle
			}
		case errors.Is(err, syscall.ECONNREFUSED):
			s.record.backend.refused.Store(int64(socket.Now()))
			s.why, over = byRefusal, true
		case err != nil:
			s.why, over = byFault, true
		default:
			s.active = socket.Now()
			s.record.out += int64(n)
			s.record.nOut++
		}
		client := s.record.client
		s.mu.Unlock()
		if over {
			break
		}
		if err == nil {
			_, _ = l.socket.udp.WriteToUDPAddrPort(buf[:n], client) // UDP may lose a datagram
			l.counts.Moved(0, int64(n))
		}
	}
	_ = s.conn.Close() // closed once
	l.state.mu.Lock()
	delete(l.state.of, s.record.client)
	l.state.mu.Unlock()
	s.record.backend.Member.Active.Add(-1)
	s.record.reason = s.why
	l.finish(&s.record)
	l.counts.Opened(-1)
	l.running.Done()
}

// cut ends the sessions for which which reports true.
func (e *engine) cut(which func(*Listener, *Backend) bool, why reason) {
	e.mu.Lock()
	listeners := slices.Collect(maps.Keys(e.listeners))
	e.mu.Unlock()
	for _, l := range listeners {
		l.state.mu.Lock()
		for _, s := range l.state.of {
			if which(l, s.record.backend) {
				s.mu.Lock()
				s.cut, s.why = true, why
				s.mu.Unlock()
				_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes its goroutine
			}
		}
		l.state.mu.Unlock()
	}
}
