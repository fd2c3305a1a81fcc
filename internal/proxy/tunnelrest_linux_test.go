package proxy

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/sys/unix"

	"elbow/internal/leak"
)

// taken reports whether the other side's kernel has acknowledged everything.
func (p *peer) taken() bool {
	left := 1
	if raw, err := p.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { left, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	}
	return left == 0
}

// What a backend has sent before it closed its connection is forwarded, also if the client
// reads slowly and goes on sending, which makes the backend's kernel reset the connection.
func TestTunnelBackendCloses(t *testing.T) {
	leak.Check(t)
	const window = 1<<16 - 1
	const size = window + 48<<10 // the window, a buffer, and some bytes for the kernel's queue
	sent, closing := make(chan *peer), make(chan struct{})
	r := newRig(t, []string{webSocket(t, func(p *peer) {
		p.send(strings.Repeat("x", size))
		sent <- p
		<-closing
	})})
	c := r.dialFrames()
	id := c.open(false, webSocketFields...)
	c.head(id)
	p := <-sent
	waitFor(t, "our kernel has all", p.taken)
	got := 0
	for got < window {
		got += len(c.frame().(*http2.DataFrame).Data())
	}
	close(closing)
	// The first write after the close is answered with a reset, and the next one fails.
	for range 50 {
		c.ok(c.WriteData(id, false, []byte("more")))
		c.ok(c.WritePing(false, [8]byte{}))
		for answered := false; !answered; {
			f, err := c.ReadFrame()
			c.ok(err)
			_, answered = f.(*http2.PingFrame)
		}
	}
	c.ok(c.WriteWindowUpdate(id, size))
	c.ok(c.WriteWindowUpdate(0, size))
	if got += len(c.body(id)); got != size {
		t.Errorf("got %d bytes, want %d", got, size)
	}
	if line := r.log.next(t); line["side"] != "upstream" || line["op"] != "tunnel" || line["status"] != 101.0 {
		t.Errorf("access log has %v", line)
	}
}
