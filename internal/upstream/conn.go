package upstream

import (
	"net"
	"syscall"

	"elbow/internal/socket"
)

// A Conn is a TCP connection to a backend. The caller that got it from a Pool
// owns it, and ends with either Pool.Put or Close. Other goroutines may call
// Close, too, to cut the owner off.
//
// Deadlines stay as the last owner left them; a new one sets its own.
type Conn struct {
	socket.Conn

	// Reused says that the connection has carried a request before. The backend
	// may have closed it just now, so that a failure before the first byte of the
	// answer says nothing about the backend.
	Reused bool

	// Trusted says that nobody checked whether the backend has closed the
	// connection since it was put back. If the backend has half-closed it, no
	// read reports that: the owner must check when the answer does not arrive at
	// once.
	Trusted bool

	// Unseen says that the owner must check the connection before it sends the
	// request, and report the result with FoundClean or FoundEnded.
	Unseen bool

	// Heard is when the backend last sent something before Put; 0: unknown.
	Heard socket.Instant

	look  func(fd uintptr) // c.listen, bound once: a closure for each check would allocate
	quiet bool             // result of the last check
	stray [1]byte          // read by the check, discarded
	sweep uint32           // Pool.sweeps at Put

	grip       Grip
	pool       *Pool
	out        bool  // guarded by pool.mu; in the list of connections in use
	next, prev *Conn // guarded by pool.mu; neighbours in that list
}

// newConn returns a Conn for a connection just dialed.
func newConn(p *Pool, tcp *net.TCPConn) (*Conn, error) {
	c := &Conn{pool: p}
	if err := c.Init(tcp, nil); err != nil {
		return nil, err
	}
	c.look, c.grip = c.listen, Grip{c}
	return c, nil
}

// Grip returns the Grip by which other goroutines may end c.
func (c *Conn) Grip() *Grip { return &c.grip }

// Close closes the connection.
func (c *Conn) Close() error {
	c.pool.mu.Lock()
	c.pool.unlend(c)
	c.pool.mu.Unlock()
	return c.Conn.Close()
}

// FoundClean records that the check found c reusable.
func (c *Conn) FoundClean() {
	c.Unseen = false
	c.pool.reuses.Add(1)
	if c.pool.looks.Load() < trustAfter {
		c.pool.looks.Add(1)
	}
}

// FoundEnded closes c: the backend has closed it, or sent something unasked.
func (c *Conn) FoundEnded() {
	c.pool.Distrust()
	c.pool.stale.Add(1)
	_ = c.Close()
}

// clean reports whether the connection is still open and silent. A backend has
// nothing to send between an answer and the next request: what can be read is the
// end, an error, or bytes that would be taken for the answer to another client's
// request. The check takes 0.2 µs, most of it the system call, a hundredth of the
// cost of a small request.
func (c *Conn) clean() bool {
	c.quiet = false
	// Control rather than Read, which fails after a deadline has passed.
	return c.Control(c.look) == nil && c.quiet
}

// listen reads from the socket without waiting. It needs no MSG_PEEK: after any
// byte the connection is useless.
func (c *Conn) listen(fd uintptr) {
	_, err := socket.ReadFD(fd, c.stray[:])
	c.quiet = err == syscall.EAGAIN
}
