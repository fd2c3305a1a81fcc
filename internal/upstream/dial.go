package upstream

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// GetFresh always dials. It is for the one retry after a reused connection failed
// under a request, and for requests that must not risk that. A timeout is an
// os.ErrDeadlineExceeded, as on reads and writes.
func (p *Pool) GetFresh(deadline time.Time) (*Conn, error) {
	if p.isCut() {
		return nil, errCut
	}
	tcp, err := p.dial(deadline)
	if err != nil {
		p.failures.Add(1)
		return nil, err
	}
	c, err := newConn(p, tcp)
	if err != nil {
		p.failures.Add(1)
		_ = tcp.Close() // already closed, which is why newConn failed
		return nil, err
	}
	p.dials.Add(1)
	p.mu.Lock()
	cut := p.cut
	if !cut {
		p.lend(c)
	}
	p.mu.Unlock()
	if cut { // while it was dialing
		c.Close()
		return nil, errCut
	}
	return c, nil
}

func (p *Pool) dial(deadline time.Time) (*net.TCPConn, error) {
	d := net.Dialer{
		Timeout:  p.dialFor,
		Deadline: deadline,
		Control:  p.control,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable:   true,
			Idle:     keepAliveIdle,
			Interval: keepAliveInterval,
			Count:    keepAliveProbes,
		},
	}
	// The connection has TCP_NODELAY set, as all of package net's.
	c, err := d.Dial("tcp", p.address)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return nil, fmt.Errorf("dial %s: %w", p.address, os.ErrDeadlineExceeded)
	}
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}
