package proxy

import (
	"crypto/tls"
	"net"
	"testing"
)

// The choice of a certificate gets the local address of the connection, over TCP and over
// QUIC.
func TestCertificateIsChosenByLocalAddress(t *testing.T) {
	each(t, func(t *testing.T, v version) {
		addrs := make(chan net.Addr, 1)
		r := newRig(t, nil, func(_ *Options, c *Config) {
			certificate := c.Certificate
			c.Certificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				addrs <- hello.Conn.LocalAddr()
				return certificate(hello)
			}
		})
		r.asker(v).ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if got, want := (<-addrs).String(), r.lis.Addr().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
