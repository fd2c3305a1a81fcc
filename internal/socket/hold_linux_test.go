package socket

import (
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"elbow/internal/leak"
)

// packets is the number of packets that a connection has received.
func packets(t *testing.T, c *net.TCPConn) (n uint32) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)
		if err != nil {
			t.Error(err)
			return
		}
		n = info.Segs_in
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// The last data goes with the FIN, in one packet, and goes without a FIN, too.
func TestHoldEnd(t *testing.T) {
	leak.Check(t)
	for name, end := range map[string]func(*Conn) error{
		"CloseWrite": (*Conn).CloseWrite,
		"Close":      (*Conn).Close,
		"none":       func(*Conn) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			c, far := pair(t)
			before := packets(t, far)
			c.HoldEnd()
			for _, s := range []string{"so", "long"} {
				if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatalf("got %d, %v", n, err)
				}
			}
			if err := end(c); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 6)
			if n, err := io.ReadFull(far, b); string(b) != "solong" {
				t.Fatalf("got %q, %v", b[:n], err)
			}
			if name == "none" {
				return
			}
			if n, err := far.Read(b); n != 0 || err != io.EOF {
				t.Errorf("got %d, %v, want EOF", n, err)
			}
			if n := packets(t, far) - before; n != 1 {
				t.Errorf("%d packets, want 1", n)
			}
		})
	}
}
