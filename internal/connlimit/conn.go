package connlimit

import (
	"net"
	"net/http"
	"net/netip"
	"time"
)

// A conn is one connection.
type conn struct {
	net.Conn
	from    *Listener
	network netip.Addr
	left    chan struct{} // closed when the connection is
	read    int64         // bytes received since the last break while untrusted; only Read uses it

	// All fields are guarded by from.mu.
	since   time.Time // when it was opened, or became idle or active
	idle    bool      // it waits for its next request
	trusted bool
	pending int64 // bytes of an unanswered request; 0 if trusted
	gone    bool
}

// Read counts what an untrusted client sends, and makes room for it.
func (c *conn) Read(p []byte) (int, error) {
	if c.read >= breakBytes {
		c.read = 0
		c.from.rest()
	}
	n, err := c.Conn.Read(p)
	victim, untrusted := c.from.count(c, int64(n))
	c.from.cut(victim)
	if untrusted {
		c.read += int64(n)
	}
	return n, err
}

// CloseWrite half-closes the connection.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// Close closes the connection and frees its place.
func (c *conn) Close() error {
	c.from.mu.Lock()
	c.from.leave(c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}

// State is for http.Server.ConnState: each answer releases what the request held.
func State(c net.Conn, state http.ConnState) {
	one := find(c)
	if one == nil {
		return
	}
	l := one.from
	l.mu.Lock()
	defer l.mu.Unlock()
	one.since, one.idle = time.Now(), state == http.StateIdle
	if one.idle && !one.trusted && !one.gone {
		l.of[one.network].pending -= one.pending
		l.pending -= one.pending
		one.pending = 0
	}
}

// Trust marks the client of a connection as authenticated.
func Trust(c net.Conn) {
	one := find(c)
	if one == nil {
		return
	}
	one.from.mu.Lock()
	defer one.from.mu.Unlock()
	if !one.gone {
		one.from.forgive(one)
		one.trusted = true
	}
}

// Trusted reports whether Trust was called for a connection, or it is not a
// connection of a Listener.
func Trusted(c net.Conn) bool {
	one := find(c)
	if one == nil {
		return true
	}
	one.from.mu.Lock()
	defer one.from.mu.Unlock()
	return one.trusted
}

// find returns the connection of a Listener under c, unwrapped by NetConn like
// that of tls.Conn; nil if there is none.
func find(c net.Conn) *conn {
	for {
		if one, ok := c.(*conn); ok {
			return one
		}
		over, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = over.NetConn()
	}
}

// networkOf is the network by which an address counts: an IPv6 client has a whole
// /64.
func networkOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return p.Addr()
}
