package upstream

import (
	"slices"
	"time"
)

// Idle connections age in sweeps rather than by the clock, so that Get and Put
// need not ask for the time. A timer runs only while something is idle.

// sweepsToLive is how many sweeps an idle connection does not survive.
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

// age counts one more sweep and takes out what is too old by now.
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
		_ = c.Close() // nobody is left to be told
	}
}
