package overload

import "time"

// A pace is that of a queue. It is measured over a while, because places become
// free in bunches, and forgotten after a time without press.
type pace struct {
	each  time.Duration // one step; 0: not known
	last  time.Time     // step, or begin of the queue
	busy  time.Duration // how long there has been a queue in this while
	steps int           // in it
}

// begin is called when there is a queue again.
func (p *pace) begin(now time.Time, pressed bool) {
	if !pressed {
		*p = pace{}
	}
	p.last = now
}

// step is called when one was let in.
func (p *pace) step(now time.Time, while time.Duration) {
	p.busy += now.Sub(p.last)
	p.last = now
	p.steps++
	if p.busy >= while {
		p.each = p.busy / time.Duration(p.steps)
		p.busy, p.steps = 0, 0
	}
}
