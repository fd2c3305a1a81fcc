package stream

import (
	"time"

	"elbow/internal/socket"
)

// A wheel is a timer wheel with slots of one second. An entry stays in its slot
// until that second, whatever happens meanwhile: only then its real deadline is
// checked. So recording activity of a connection is one assignment.
type wheel struct {
	slots [wheelSlots]*pair // lists, linked by pair.after and pair.before
	next  socket.Instant    // when the next slot is due
	at    int               // that slot
}

// wheelSlots is more than the longest timeout, 900s.
const wheelSlots = 1024

func (w *wheel) start(now socket.Instant) { w.next = now.Add(time.Second) }

// put schedules a check of p for due, or up to a second later.
func (w *wheel) put(p *pair, due socket.Instant) {
	n := (w.at + min(max(int((due-w.next+socket.Instant(time.Second)-1)/socket.Instant(time.Second)), 0), wheelSlots-1)) % wheelSlots
	p.slot, p.after, p.before = int16(n), w.slots[n], nil
	if p.after != nil {
		p.after.before = p
	}
	w.slots[n] = p
}

// remove takes p out of the wheel, if it is in it.
func (w *wheel) remove(p *pair) {
	if p.slot < 0 {
		return
	}
	if p.after != nil {
		p.after.before = p.before
	}
	if p.before != nil {
		p.before.after = p.after
	} else {
		w.slots[p.slot] = p.after
	}
	p.slot, p.after, p.before = -1, nil, nil
}

// due removes and returns the pairs whose check is due.
func (w *wheel) due(now socket.Instant) (all []*pair) {
	for w.next <= now {
		p := w.slots[w.at]
		w.slots[w.at] = nil
		for p != nil {
			after := p.after
			p.slot, p.after, p.before = -1, nil, nil
			all = append(all, p)
			p = after
		}
		w.at = (w.at + 1) % wheelSlots
		w.next = w.next.Add(time.Second)
	}
	return all
}
