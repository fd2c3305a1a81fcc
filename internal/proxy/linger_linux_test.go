package proxy

import (
	"testing"

	"golang.org/x/sys/unix"

	"elbow/internal/leak"
)

// dataPackets returns the number of packets with data that the client has received.
func (c *client) dataPackets() (n uint32) {
	c.t.Helper()
	raw, err := c.tcp().SyscallConn()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)
		if err != nil {
			c.t.Error(err)
			return
		}
		n = info.Data_segs_in
	}); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// A short answer that ends its connection takes one packet, with close_notify under TLS,
// whether it is the backend's or the proxy's.
func TestLastAnswerTakesOnePacket(t *testing.T) {
	leak.Check(t)
	bothWays(t, func(t *testing.T, s setting) {
		r := newRig(t, []string{origin(t, hello)}, s)
		for _, tt := range []struct {
			name, request string
			status        int
		}{
			{"of the backend", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200},
			{"our own", "GET / HTTP/1.1\r\n\r\n", 400},
		} {
			t.Run(tt.name, func(t *testing.T) {
				c := r.dial().send(get)
				c.want(200, "hello")
				before := c.dataPackets()
				c.send(tt.request).want(tt.status, "*")
				c.wantEnd()
				if n := c.dataPackets() - before; n != 1 {
					t.Errorf("%d packets, want 1", n)
				}
			})
		}
	})
}
