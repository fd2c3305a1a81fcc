package proxy

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"

	"elbow/internal/proxy/h2"
	"elbow/internal/proxy/tcp"
	"elbow/internal/socket"
)

// newTLS returns the TLS configuration of a listener. It is kept until the listener is
// closed, so that session tickets stay valid when its Config is replaced.
func (l *Listener) newTLS() *tls.Config {
	t := &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Only cipher suites with forward secrecy and authenticated encryption. crypto/tls
		// orders them by the capabilities of the processors at both ends, and does not let
		// TLS 1.3 be configured.
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		NextProtos: []string{"h2", "http/1.1"},

		GetConfigForClient: l.turn,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return l.settings.Load().Certificate(hello)
		},
		// Dynamic record sizing stays enabled: the records of a connection begin at the
		// size of a packet and grow, because no byte of a record can be read before its
		// last byte has arrived. Of a new connection's first 64 KiB over 1 Mbit/s the
		// first byte arrives after 14 ms instead of 152. It costs three more records in a
		// first answer of 16 KiB, between -1 and 9 % of the CPU time of a resumed
		// connection with it in three noisy rounds, and nothing after 14 records.
	}
	sealTickets(t, &l.proxy.replays)
	return t
}

// begin performs the handshake of a connection, if it is secure, and serves it.
func (l *Listener) begin(c *tcp.Conn) {
	if !c.Frontend.Secure {
		c.Stream = &c.Wire
		c.Serve(false)
		return
	}
	if !l.shake(c) {
		return
	}
	if speaksH2(c) {
		h2.Serve(c)
		return
	}
	c.Serve(false)
}

// shake performs the handshake and reports whether it succeeded; if not, the
// connection has been closed.
func (l *Listener) shake(c *tcp.Conn) (ok bool) {
	defer func() {
		if !ok {
			c.Close()
		}
	}()
	defer c.Guard()
	growStack(0)
	return l.handshake(c) == nil
}

// growStack grows the stack of its goroutine to the size that a handshake needs while
// it is nearly empty. Otherwise the stack would grow in four steps, each of which
// copies and adjusts all frames, and again in a later goroutine of the connection:
// with growStack, a new connection takes 5 % less CPU time. Parking releases the
// stack.
//
//go:noinline
func growStack(i int) byte {
	var room [12 << 10]byte
	return room[i] // i is not a constant here, so room cannot be optimized away
}

// handshake performs the TLS handshake. It counts an error and, if the client spoke
// plain HTTP, answers it.
func (l *Listener) handshake(c *tcp.Conn) error {
	c.Wire.ReadBy(socket.Now().Add(c.Limits.HandshakeTimeout))
	t := tls.Server(&c.Wire, l.tls)
	c.Memory.Owes()
	err := t.Handshake()
	c.Memory.Paid()
	c.Wire.EndTurn() // in case the handshake has written nothing
	if err != nil {
		c.Frontend.Counts.Local().Unshaken.Inc()
		refusePlain(c, err)
		return err
	}
	c.Frontend.Counts.Local().Handshakes.Inc()
	c.Stream = t
	return nil
}

// speaksH2 reports whether the handshake has negotiated HTTP/2.
func speaksH2(c *tcp.Conn) bool {
	return c.Stream.(*tls.Conn).ConnectionState().NegotiatedProtocol == "h2"
}

// plainOnTLS is the answer to plain HTTP on a TLS port.
const plainOnTLS = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Length: 66\r\nConnection: close\r\n\r\n" +
	"This port speaks HTTPS, but the request came over plain HTTP: 400\n"

// refusePlain answers the handshake error err in plain HTTP if the client spoke that.
func refusePlain(c *tcp.Conn, err error) {
	var record tls.RecordHeaderError
	if !errors.As(err, &record) || record.Conn == nil || !looksLikeHTTP(record.RecordHeader) {
		return
	}
	if _, err := io.WriteString(&c.Wire, plainOnTLS); err == nil {
		c.Stream, c.Answered = &c.Wire, socket.Now()
	}
}

// looksLikeHTTP reports whether the first bytes of a connection are those of a
// request with one of the common methods.
func looksLikeHTTP(first [5]byte) bool {
	for _, method := range [...]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH", "CONNE", "TRACE"} {
		if bytes.Equal(first[:], []byte(method)) {
			return true
		}
	}
	return false
}
