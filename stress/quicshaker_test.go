package stress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/elbtest"
)

// A quicShaker makes QUIC connections from a few ports.
type quicShaker struct {
	to    net.Addr
	ports [16]*quic.Transport
	next  atomic.Int64
}

func (g *generator) openQUIC() error {
	to, err := net.ResolveUDPAddr("udp", g.Address)
	if err != nil {
		return err
	}
	g.quic.to = to
	for i := range g.quic.ports {
		udp, err := net.ListenUDP("udp4", nil)
		if err != nil {
			return err
		}
		g.quic.ports[i] = &quic.Transport{Conn: udp} // closed with the process
	}
	return nil
}

// shakeQUIC makes a complete QUIC handshake. Status 0 means that the server refused it, or
// that it did not complete.
func (g *generator) shakeQUIC() (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	q := &g.quic
	port := q.ports[q.next.Add(1)%int64(len(q.ports))]
	c, err := port.Dial(ctx, q.to, &tls.Config{InsecureSkipVerify: true, ServerName: elbtest.SiteName, NextProtos: []string{"h3"}},
		&quic.Config{HandshakeIdleTimeout: 5 * time.Second})
	var transport *quic.TransportError
	switch {
	case errors.As(err, &transport) && transport.Remote:
		return 0, nil
	case err != nil:
		return 0, err
	}
	return 200, c.CloseWithError(0, "")
}
