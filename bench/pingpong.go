//go:build linux

package main

import (
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// pingPongLoad exchanges messages over as many connections as an open loop has, with one
// message in flight on each at all times, until the round ends.
func pingPongLoad(o order) (outcome, error) {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(pacedMemory)
	l := &openLoop{conns: make(map[int32]*pacedConn)}
	defer l.close()
	if err := l.open(o.Address, true); err != nil {
		return outcome{}, err
	}
	l.start = time.Now()
	for _, c := range l.free {
		c.due = time.Since(l.start)
		if err := c.ask(); err != nil {
			return outcome{}, err
		}
	}
	events := make([]unix.EpollEvent, pacedConnections)
	for time.Since(l.start) < o.Duration {
		n, err := epollWait(l.epoll, events, pacedPatience)
		if err != nil {
			return outcome{}, err
		}
		if n == 0 && time.Since(l.start) > pacedPatience {
			return outcome{}, errors.New("no answer comes any more")
		}
		for _, e := range events[:n] {
			if err := l.again(l.conns[e.Fd]); err != nil {
				return outcome{}, err
			}
		}
	}
	elapsed := time.Since(l.start)
	slices.Sort(l.took)
	return outcome{
		Requests: len(l.took), Elapsed: elapsed,
		P50: percentile(l.took, 0.50), P99: percentile(l.took, 0.99),
	}, nil
}

// again reads what a connection has received and, after a complete answer, sends the next
// message.
func (l *openLoop) again(c *pacedConn) error {
	complete, err := c.read()
	if err != nil || !complete {
		return err
	}
	now := time.Since(l.start)
	l.took = append(l.took, now-c.due)
	c.due = now
	return c.ask()
}
