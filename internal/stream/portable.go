//go:build !linux

package stream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"elbow/internal/socket"
)

// An engine, on systems without epoll, has two goroutines for each connection.
type engine struct {
	mu    sync.Mutex
	pairs map[*pair]struct{} // guarded by mu
}

func (e *engine) start(*Streams) error { e.pairs = make(map[*pair]struct{}); return nil }
func (e *engine) close()               {}

// A listenSocket is a listening socket.
type listenSocket struct {
	tcp    *net.TCPListener
	once   sync.Once
	closed chan struct{} // closed when the listener is being closed
	ended  chan struct{} // closed when nothing is accepted any more
}

func (s *listenSocket) open(of *Streams, addr netip.AddrPort) (err error) {
	s.closed, s.ended = make(chan struct{}), make(chan struct{})
	if of.inherit != nil {
		if f, ok := of.inherit("tcp", addr); ok {
			defer f.Close() // a copy
			l, err := net.FileListener(f)
			if err != nil {
				return err
			}
			s.tcp, ok = l.(*net.TCPListener)
			if !ok {
				return errors.New("the inherited socket is none of TCP")
			}
			return nil
		}
	}
	s.tcp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	return err
}

func (s *listenSocket) Address() netip.AddrPort { return socket.AddrPort(s.tcp.Addr()) }

func (s *listenSocket) Close() { _ = s.tcp.Close() } // closed once

func (s *listenSocket) Duplicate() (*os.File, error) { return socket.Duplicate(s.tcp) }

func (e *engine) accept(l *Listener) { go e.run(l) } // ends when the listener is closed; refuse waits

func (e *engine) run(l *Listener) {
	defer close(l.socket.ended)
	select {
	case <-l.streams.begun:
	case <-l.socket.closed:
		return
	}
	for {
		c, err := l.socket.tcp.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			time.Sleep(acceptPause)
		case l.enter():
			go e.serve(l, c) // ends with the connection; Drain waits
		default:
			_ = c.SetLinger(0)
			_ = c.Close() // no bytes were exchanged
		}
	}
}

// acceptPause is how long accepting stops when there is no descriptor.
const acceptPause = time.Second

func (e *engine) refuse(l *Listener) {
	l.socket.once.Do(func() { close(l.socket.closed) })
	_ = l.socket.tcp.SetDeadline(time.Unix(1, 0)) // ends accepting
	<-l.socket.ended
}

func (e *engine) cut(which func(*Listener, *Backend) bool, why reason) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for p := range e.pairs {
		if which(p.listener, p.backend) {
			p.end(why)
			n++
		}
	}
	return n
}

// A pair is a client connection and its backend connection.
type pair struct {
	listener *Listener
	backend  *Backend
	client   *net.TCPConn
	server   *net.TCPConn
	once     sync.Once
	record   record
}

// serve passes bytes until both sides have closed.
func (e *engine) serve(l *Listener, c *net.TCPConn) {
	p := &pair{listener: l, client: c}
	p.record.client, p.record.began = socket.AddrPort(c.RemoteAddr()), socket.Now()
	defer l.leave()
	defer func() { l.finish(&p.record) }()
	cfg := l.config.Load()
	if !p.connect(cfg) {
		_ = c.SetLinger(0)
		_ = c.Close()
		return
	}
	defer p.backend.Member.Active.Add(-1)
	e.mu.Lock()
	e.pairs[p] = struct{}{}
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		delete(e.pairs, p)
		e.mu.Unlock()
	}()
	var both sync.WaitGroup
	both.Go(func() { p.record.in = p.pass(p.server, p.client, byClient, byBackend) })
	both.Go(func() { p.record.out = p.pass(p.client, p.server, byBackend, byClient) })
	both.Wait()
	l.counts.Moved(p.record.in, p.record.out)
	_, _ = p.client.Close(), p.server.Close()
}

func (p *pair) connect(cfg *Config) bool {
	l, avoid := p.listener, -1
	for p.record.reason = byNobody; p.record.attempts < maxAttempts; {
		b, i, full := l.choose(cfg, p.record.client.Addr(), avoid)
		if b == nil {
			if full {
				p.record.reason = byFull
			}
			return false
		}
		p.record.attempts++
		d := net.Dialer{Timeout: l.streams.dial, Control: l.streams.files.Control}
		c, err := d.DialContext(context.Background(), "tcp", b.Address.String())
		if err != nil {
			b.Member.Active.Add(-1)
			avoid, p.record.reason = i, byRefusal
			continue
		}
		p.server, p.backend, p.record.backend = c.(*net.TCPConn), b, b
		p.record.connected, p.record.reason = socket.Now(), byBoth
		if cfg.Persistence > 0 {
			l.memory.remember(p.record.client.Addr(), b, p.record.connected, cfg.Persistence)
		}
		if cfg.ProxyHeader {
			_, _ = p.server.Write(appendProxyHeader(nil, p.record.client, l.address)) // an error shows again at the next write
		}
		return true
	}
	return false
}

// pass copies one direction, and half-closes it at its end.
func (p *pair) pass(to, from *net.TCPConn, reader, writer reason) (n int64) {
	buf := make([]byte, 32<<10)
	for {
		_ = from.SetReadDeadline(time.Now().Add(p.listener.config.Load().idle())) // if this fails, the read fails, too
		m, err := from.Read(buf)
		if m > 0 {
			n += int64(m)
			if _, err := to.Write(buf[:m]); err != nil {
				p.end(writer)
				return n
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = to.CloseWrite() // if the peer has gone, reading shows it
			return n
		case errors.Is(err, os.ErrDeadlineExceeded):
			p.end(byIdle)
			return n
		case err != nil:
			p.end(reader)
			return n
		}
	}
}

// end resets both sides.
func (p *pair) end(why reason) {
	p.once.Do(func() {
		p.record.reason = why
		for _, c := range []*net.TCPConn{p.client, p.server} {
			_ = c.SetLinger(0)
			_ = c.Close()
		}
	})
}
