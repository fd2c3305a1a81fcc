package upstream

import (
	"net"
	"syscall"

	"elbow/internal/socket"
)

// A Conn is a TCP connection to a backend. Whoever got it from a Pool owns it,
// and ends with either Pool.Put or Close. Close may be called by others, too,
// to cut the owner off.
//
// Deadlines stay as the last owner left them; a new one sets its own.
type Conn struct {
	socket.Conn

	// Reused tells that the connection has carried a request before. The
	// backend may have closed it just now, so that a failure before the first
	// byte of the answer says nothing about the backend.
	Reused bool

	// Trusted tells that nobody looked whether the backend has closed the
	// connection since it was put back. If it has done so by half, the end is not
	// reported: its owner looks for himself when the answer does not come at once.
	Trusted bool

	// Unseen tells that its owner has to look before the request is sent, and to say
	// what was found: by FoundClean or FoundEnded.
	Unseen bool

	// Heard is when the owner before Put last heard the backend; 0: not known.
	Heard socket.Instant

	look  func(fd uintptr) // c.listen, bound once: a closure for each look would allocate
	quiet bool             // what the last look found
	stray [1]byte          // what it read, of no use
	sweep uint32           // Pool.sweeps when it was put

	grip       Grip
	pool       *Pool
	out        bool  // guarded by pool.mu; it is in the list of those in use
	next, prev *Conn // guarded by pool.mu; its neighbours there
}

// newConn makes a Conn of a connection just dialed.
func newConn(p *Pool, tcp *net.TCPConn) (*Conn, error) {
	c := &Conn{pool: p}
	if err := c.Init(tcp, nil); err != nil {
		return nil, err
	}
	c.look, c.grip = c.listen, Grip{c}
	return c, nil
}

// Grip returns what others may hold c by.
func (c *Conn) Grip() *Grip { return &c.grip }

// Close closes the connection.
func (c *Conn) Close() error {
	c.pool.mu.Lock()
	c.pool.unlend(c)
	c.pool.mu.Unlock()
	return c.Conn.Close()
}

// FoundClean notes that c was looked at and is used again.
func (c *Conn) FoundClean() {
	c.Unseen = false
	c.pool.reuses.Add(1)
	if c.pool.looks.Load() < trustAfter {
		c.pool.looks.Add(1)
	}
}

// FoundEnded closes c: the backend has closed it, or is not to be heard out.
func (c *Conn) FoundEnded() {
	c.pool.Distrust()
	c.pool.stale.Add(1)
	_ = c.Close()
}

// clean reports whether the connection is still open and silent. A backend has
// nothing to say between an answer and the next request: what can be read is
// the end, an error, or bytes that would be taken for the answer to somebody
// else's request. The look takes 0.2 µs, most of it the system call, a
// hundredth of what a small request costs.
func (c *Conn) clean() bool {
	c.quiet = false
	// Control rather than Read, which fails once a deadline has passed.
	return c.Control(c.look) == nil && c.quiet
}

// listen reads from the socket without waiting. It needs no MSG_PEEK: after any
// byte the connection is of no more use.
func (c *Conn) listen(fd uintptr) {
	_, err := socket.ReadFD(fd, c.stray[:])
	c.quiet = err == syscall.EAGAIN
}
