//go:build !linux

package proxy

import (
	"context"
	"net"
	"net/netip"
)

// listen opens a listening socket whose connections use TCP keep-alive.
func listen(addr netip.AddrPort) (*net.TCPListener, error) {
	lc := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable:   true,
		Idle:     keepAliveIdle,
		Interval: keepAliveInterval,
		Count:    keepAliveCount,
	}}
	// Binding does not block, so there is nothing to cancel.
	l, err := lc.Listen(context.Background(), "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}
