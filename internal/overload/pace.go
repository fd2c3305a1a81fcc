package overload

import "time"

// A pace is the time that a queue takes per step. It is measured over a period,
// because places become free in batches, and forgotten after a time without
// pressure.
type pace struct {
	each  time.Duration // duration of a step; 0: unknown
	last  time.Time     // the last step, or when the queue formed
	busy  time.Duration // time in this period in which there was a queue
	steps int           // steps in this period
}

// begin is called when a queue forms.
func (p *pace) begin(now time.Time, pressed bool) {
	if !pressed {
		*p = pace{}
	}
	p.last = now
}

// step is called when a waiter was let in.
func (p *pace) step(now time.Time, while time.Duration) {
	p.busy += now.Sub(p.last)
	p.last = now
	p.steps++
	if p.busy >= while {
		p.each = p.busy / time.Duration(p.steps)
		p.busy, p.steps = 0, 0
	}
}
