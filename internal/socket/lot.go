package socket

import "container/heap"

// A Sleeper waits in a Lot.
type Sleeper interface {
	// Awake is called once, on a goroutine of its own: with nil when there is
	// something to read, or with err when a read would have ended with err.
	Awake(err error)
}

// A place is the position of a Conn in its Lot. Guarded by Lot.mu.
type place struct {
	sleeper Sleeper // nil: not in the Lot
	fd      int32
	rank    int32 // index in Lot.order
}

// Park makes the connection wait in its Lot for something to read, instead of the
// goroutine of s, and reports whether it does: then s belongs to the goroutine
// that calls Awake, possibly already. Parking ends as a read would: also by
// ReadBy, Interrupt and Close. If false, the next read returns the reason, or
// waits.
func (c *Conn) Park(s Sleeper) bool { return c.lot != nil && c.lot.take(c, s) }

// leave removes a Conn from its Lot, if it is in it.
func (c *Conn) leave(err error) {
	if c.lot != nil {
		c.lot.wake(c, err)
	}
}

// Len returns how many connections are parked.
func (l *Lot) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.order)
}

// take implements Park.
func (l *Lot) take(c *Conn, s Sleeper) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Interrupt and Close set this first and look into the Lot afterwards.
	if c.interrupted.Load() || c.reading.due == 0 || !l.watch(c) {
		return false
	}
	c.place.sleeper = s
	heap.Push(&l.order, c)
	l.arm(c.reading.due)
	return true
}

// wake lets c continue, if it is in the Lot.
func (l *Lot) wake(c *Conn, err error) {
	l.mu.Lock()
	s := l.release(c)
	l.mu.Unlock()
	if s != nil {
		go s.Awake(err) // ends with the connection, or when it is parked again
	}
}

// release removes c and returns its Sleeper, nil if there was none. Called with
// mu locked.
func (l *Lot) release(c *Conn) Sleeper {
	s := c.place.sleeper
	if s != nil {
		heap.Remove(&l.order, int(c.place.rank))
		c.place.sleeper = nil
		l.forget(c)
	}
	return s
}

// A byDue is a heap of connections, the earliest deadline first.
type byDue []*Conn

func (d byDue) Len() int           { return len(d) }
func (d byDue) Less(i, j int) bool { return d[i].reading.due < d[j].reading.due }

func (d byDue) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place.rank, d[j].place.rank = int32(i), int32(j)
}

func (d *byDue) Push(c any) {
	c.(*Conn).place.rank = int32(len(*d))
	*d = append(*d, c.(*Conn))
}

func (d *byDue) Pop() any {
	n := len(*d) - 1
	c := (*d)[n]
	(*d)[n] = nil
	*d = (*d)[:n]
	return c
}
