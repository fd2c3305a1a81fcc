package proxy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// listen opens a listening socket. Keep-alive is set on it instead of on each
// connection, because on Linux accepted sockets inherit it: that saves four system
// calls a connection.
func listen(addr netip.AddrPort) (*net.TCPListener, error) {
	lc := net.ListenConfig{
		KeepAlive: -1, // set by keepAlive instead of by net
		Control: func(_, _ string, raw syscall.RawConn) error {
			var err error
			if ctl := raw.Control(func(fd uintptr) { err = keepAlive(int(fd)) }); ctl != nil {
				return ctl
			}
			return err
		},
	}
	// MPTCP is on by default. It costs a second socket, and some options that an
	// MPTCP listener accepts are not inherited by the connections of plain TCP
	// clients (findings/mptcp-listener-options.sh).
	lc.SetMultipathTCP(false)
	// Binding does not block, so there is nothing to cancel.
	l, err := lc.Listen(context.Background(), "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

func keepAlive(fd int) error {
	for _, o := range [...]struct{ level, option, value int }{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle.Seconds())},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval.Seconds())},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.option, o.value); err != nil {
			return fmt.Errorf("set keep-alive: %w", err)
		}
	}
	return nil
}
