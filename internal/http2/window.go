package http2

// maxWindow is the greatest size of a window (RFC 9113, 6.9.1).
const maxWindow = 1<<31 - 1

// A Window is how much DATA the peer will take. It may be negative after the
// peer has changed its mind (RFC 9113, 6.9.2).
type Window int64

// NewWindow is the size without SETTINGS and updates.
const NewWindow Window = initialWindow

// Add widens the window, or narrows it if n is negative, and reports whether it
// stays within bounds.
func (w *Window) Add(n int64) bool {
	*w += Window(n)
	return *w <= maxWindow
}

// A Credit is how much DATA the peer may send, and what it is still to be told.
type Credit struct {
	Size int // what the peer may have sent and not been told to be drained
	used int // of Size
	owed int // of used: drained, but not told
}

// Take uses n bytes up and reports whether there was room for them.
func (c *Credit) Take(n int) bool {
	c.used += n
	return c.used <= c.Size
}

// Drain gives n bytes back. It returns by how much the peer's window is to be
// widened now: nothing until half of it is due, so that updates are few.
func (c *Credit) Drain(n int) (update int) {
	c.owed += n
	if c.owed < c.Size/2 {
		return 0
	}
	update = c.owed
	c.used -= update
	c.owed = 0
	return update
}
