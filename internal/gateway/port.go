package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A Port is the listener of an API server. It distinguishes TLS from plain HTTP
// by the first byte of a connection, and turns the plain-text answers that
// net/http writes by itself into errors of the API: clients parse every answer as
// JSON or XML.
type Port struct {
	net.Listener
	TLS   *tls.Config // nil: plain HTTP only
	Plain bool        // plain HTTP is served beside TLS, rather than answered with an error
	Log   *slog.Logger
}

// Accept returns the next connection. Nothing has been read from it yet.
func (p *Port) Accept() (net.Conn, error) {
	raw, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &portConn{Conn: raw, port: p}
	c.carry(raw)
	if p.TLS == nil {
		return c, nil
	}
	return sniffedConn{c}, nil
}

// Serves prepares a server for the connections of a Port; those of other
// listeners are served unchanged. refused is called with the status of each
// answer that did not come from the server's handler.
func (p *Port) Serves(server *http.Server, refused func(status int)) {
	handler, connContext, connState := server.Handler, server.ConnContext, server.ConnState
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(portConnKey{}).(*portConn); ok {
			c.serving.Store(true)
			if p.TLS != nil && !c.secure {
				r.TLS = nil // net/http treats every connection that might be secure as secure
				if !p.Plain {
					refused(needTLS(w, r))
					return
				}
			}
		}
		handler.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if of := portConnOf(c); of != nil {
			of.refused = refused
			ctx = context.WithValue(ctx, portConnKey{}, of)
		}
		if connContext != nil {
			ctx = connContext(ctx, c)
		}
		return ctx
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if of := portConnOf(c); of != nil && state == http.StateIdle {
			of.head = nil
			of.serving.Store(false)
		}
		if connState != nil {
			connState(c, state)
		}
	}
	server.DisableGeneralOptionsHandler = true // its answer to OPTIONS * has no body
}

type portConnKey struct{}

func portConnOf(c net.Conn) *portConn {
	switch c := c.(type) {
	case *portConn:
		return c
	case sniffedConn:
		return c.portConn
	}
	return nil
}

// A portConn is a connection of a Port. Addresses and deadlines are those of the
// socket.
type portConn struct {
	net.Conn
	port    *Port
	refused func(status int) // set before the first byte is read
	stream  atomic.Pointer[net.Conn]
	secure  bool  // set before the first request is read
	failed  error // of the handshake; set at the same time

	// serving is set while a handler may write, so that its bytes are passed on
	// unchecked. net/http clears it by StateIdle, before it reads the next
	// request.
	serving atomic.Bool
	head    []byte      // the first bytes of the request, until a handler serves it
	denied  atomic.Bool // net/http has answered by itself, after which it closes the connection
}

// NetConn is the connection of the underlying listener.
func (c *portConn) NetConn() net.Conn { return c.Conn }

// carry makes the connection read from and write to s.
func (c *portConn) carry(s net.Conn) { c.stream.Store(&s) }

func (c *portConn) Read(b []byte) (int, error) {
	if c.failed != nil {
		return 0, c.failed
	}
	n, err := (*c.stream.Load()).Read(b)
	if !c.serving.Load() && len(c.head) < maxRefusedHead {
		c.head = append(c.head, b[:min(n, maxRefusedHead-len(c.head))]...)
	}
	return n, err
}

// Write passes on what a handler writes, and replaces what net/http writes by
// itself: it does so in one piece, with known header fields.
func (c *portConn) Write(b []byte) (int, error) {
	out := *c.stream.Load()
	if c.serving.Load() {
		return out.Write(b)
	}
	answer, status := c.refusal(b)
	if answer == nil {
		return out.Write(b)
	}
	c.denied.Store(true)
	if c.refused != nil {
		c.refused(status)
	}
	if _, err := out.Write(answer); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close closes the connection, with an alert if it uses TLS. After an answer of
// net/http's own it first reads on for a while: otherwise a client that is still
// writing its request would lose the answer to a reset.
func (c *portConn) Close() error {
	if c.denied.Swap(false) && c.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // until the client is done or the time is up
	}
	return (*c.stream.Load()).Close()
}

// CloseWrite lets net/http wait until a client that is still writing has read the
// answer.
func (c *portConn) CloseWrite() error {
	if half, ok := (*c.stream.Load()).(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// A sniffedConn is a connection that may use TLS. net/http asks for its state
// before it reads from it, in the goroutine of the connection.
type sniffedConn struct{ *portConn }

// ConnectionState detects TLS, and does the handshake.
func (c sniffedConn) ConnectionState() tls.ConnectionState {
	if c.failed = c.SetDeadline(time.Now().Add(headerTimeout)); c.failed != nil {
		return tls.ConnectionState{}
	}
	var first [1]byte
	if _, c.failed = io.ReadFull(c.Conn, first[:]); c.failed != nil {
		return tls.ConnectionState{}
	}
	begun := &begunConn{Conn: c.Conn, first: first[:]}
	if plainText(first[0]) {
		c.carry(begun)
		c.failed = c.SetDeadline(time.Time{})
		return tls.ConnectionState{}
	}
	secure := tls.Server(begun, c.port.TLS)
	c.carry(secure)
	if c.failed = secure.Handshake(); c.failed != nil {
		c.port.Log.Warn("TLS handshake of the API's port", "client", c.RemoteAddr().String(), "err", c.failed)
		return tls.ConnectionState{}
	}
	c.secure = true
	c.failed = c.SetDeadline(time.Time{})
	return secure.ConnectionState()
}

// plainText reports whether the first byte of a connection can begin an HTTP
// request: no record of TLS begins with a printable character or a line end (RFC
// 8446, 5.1).
func plainText(b byte) bool { return b >= ' ' && b <= '~' || b == '\r' || b == '\n' }

// A begunConn is a socket whose first byte has been read.
type begunConn struct {
	net.Conn
	first []byte
}

func (c *begunConn) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// NetConn is the socket.
func (c *begunConn) NetConn() net.Conn { return c.Conn }

// CloseWrite half-closes the socket.
func (c *begunConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// refusedFields are the header fields of an answer that net/http writes by
// itself, after the status line.
var refusedFields = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// refusal is the API's form of an answer that net/http is about to write by
// itself; nil if b is something else.
func (c *portConn) refusal(b []byte) (answer []byte, status int) {
	line, rest, _ := bytes.Cut(b, []byte("\r\n"))
	status, ok := errorStatus(line)
	if !ok || c.denied.Load() {
		return nil, 0
	}
	_, text, plain := bytes.Cut(rest, refusedFields[2:])
	if !plain && status != http.StatusExpectationFailed {
		return nil, 0
	}
	return refuseRequest(c.head, status, string(text))
}
