package upstream

import (
	"slices"
	"time"
)

// Idle connections age by sweeps rather than by the clock, so that Get and Put
// need not read the time. A timer runs only while a connection is idle.

// sweepsToLive is the number of sweeps after which an idle connection is closed.
const sweepsToLive = 4

// startSweeper arms the timer. mu is held.
func (p *Pool) startSweeper() {
	p.sweeping = true
	if p.sweeper == nil {
		p.sweeper = time.AfterFunc(p.sweepIn, p.sweep)
		return
	}
	p.sweeper.Reset(p.sweepIn)
}

// sweep closes the connections that have been idle for too long, in a goroutine
// of the timer.
func (p *Pool) sweep() {
	closeAll(p.age())
}

// age counts one more sweep and removes the connections that are too old.
func (p *Pool) age() (old []*Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweeps++
	n := 0
	for n < len(p.idle) && p.sweeps-p.idle[n].sweep >= sweepsToLive {
		n++
	}
	old = slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	if p.sweeping = len(p.idle) > 0; p.sweeping {
		p.startSweeper()
	}
	return old
}

func closeAll(conns []*Conn) {
	for _, c := range conns {
		_ = c.Close() // its errors do not matter
	}
}
