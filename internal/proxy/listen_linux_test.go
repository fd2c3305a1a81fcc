package proxy

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"elbow/internal/leak"
)

// An accepted connection has the socket options of the listener, which is ensured by a
// plain TCP listener without MPTCP.
func TestListenersAreNotMultipath(t *testing.T) {
	leak.Check(t)
	l, err := listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var protocol int
	var failed error
	if err := raw.Control(func(fd uintptr) {
		protocol, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PROTOCOL)
	}); err != nil {
		t.Fatal(err)
	}
	if failed != nil || protocol != unix.IPPROTO_TCP {
		t.Errorf("the listener's protocol is %d, %v, want %d", protocol, failed, unix.IPPROTO_TCP)
	}
}
