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

// newTLS returns the TLS settings of one listener. They last as long as the
// listener does, so that session tickets go on to be accepted when its Config
// is swapped.
func (l *Listener) newTLS() *tls.Config {
	t := &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Forward secret and authenticated encryption only. crypto/tls settles
		// the order, by what the processors at both ends are good at, and does
		// not let TLS 1.3 be configured.
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
		// The records of a connection begin at the size of a packet and grow from
		// one to the next, as crypto/tls does by itself: nothing of a record can be
		// read before its last byte has come. Of a new connection's first 64 KiB
		// over 1 Mbit/s the first byte comes after 14 ms, not 152. It costs three
		// more records of a first answer of 16 KiB, between -1 and 9 % of the CPU time of a
		// resumed connection with it in three noisy rounds, and nothing after 14 records.
	}
	sealTickets(t, &l.proxy.replays)
	return t
}

// begin does what comes before the first request of a connection, then serves it.
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

// shake does the handshake and reports whether it succeeded; if not, the
// connection has ended.
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

// growStack makes the stack of its goroutine as large as a handshake needs, while
// there is next to nothing on it. It would grow in four steps otherwise, each of
// which copies and corrects all frames that there are, and again in a goroutine
// that serves after it: without both a new connection takes 5 % less CPU time. Parking
// lets go of the stack.
//
//go:noinline
func growStack(i int) byte {
	var room [12 << 10]byte
	return room[i] // i is no constant here, so the room has to be there
}

// handshake makes the connection a TLS one. Its error has been counted and, if
// the client spoke plain HTTP, answered.
func (l *Listener) handshake(c *tcp.Conn) error {
	c.Wire.ReadBy(socket.Now().Add(c.Limits.HandshakeTimeout))
	t := tls.Server(&c.Wire, l.tls)
	c.Memory.Owes()
	err := t.Handshake()
	c.Memory.Paid()
	c.Wire.EndTurn() // for want of a write
	if err != nil {
		c.Frontend.Counts.Local().Unshaken.Inc()
		refusePlain(c, err)
		return err
	}
	c.Frontend.Counts.Local().Handshakes.Inc()
	c.Stream = t
	return nil
}

// speaksH2 reports whether the handshake has settled on HTTP/2.
func speaksH2(c *tcp.Conn) bool {
	return c.Stream.(*tls.Conn).ConnectionState().NegotiatedProtocol == "h2"
}

// plainOnTLS is for a client that spoke plain HTTP to a TLS port.
const plainOnTLS = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Length: 66\r\nConnection: close\r\n\r\n" +
	"This port speaks HTTPS, but the request came over plain HTTP: 400\n"

// refusePlain answers err, from a handshake, in plain HTTP if that is what the
// client spoke.
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
