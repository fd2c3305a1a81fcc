package http2

// maxWindow is the maximum size of a window (RFC 9113, 6.9.1).
const maxWindow = 1<<31 - 1

// A Window is the flow-control window of the peer: how much DATA it will accept,
// in bytes. It may be negative after the peer has reduced it by SETTINGS (RFC
// 9113, 6.9.2).
type Window int64

// NewWindow is the size without SETTINGS and updates.
const NewWindow Window = initialWindow

// Add widens the window, or narrows it if n is negative, and reports whether it
// stays within bounds.
func (w *Window) Add(n int64) bool {
	*w += Window(n)
	return *w <= maxWindow
}

// Reserve takes up to want bytes for one DATA frame from the windows of a stream and of
// its connection, and returns how many; 0 if one of them is exhausted.
func Reserve(stream, conn *Window, want int) int {
	n := max(min(Window(min(want, MaxFrame)), *stream, *conn), 0)
	*stream -= n
	*conn -= n
	return int(n)
}

// A Credit is the window granted to the peer, and the part of it that is still to
// be returned by an update.
type Credit struct {
	Size int // the granted window, in bytes
	used int // of Size
	owed int // part of used: drained, update not sent
}

// Take uses n bytes and reports whether there was room for them.
func (c *Credit) Take(n int) bool {
	c.used += n
	return c.used <= c.Size
}

// Drain returns n bytes. It returns the window update to send now: 0 until half
// of Size is due, so that updates are few.
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
