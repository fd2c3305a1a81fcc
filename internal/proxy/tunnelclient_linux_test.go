package proxy

import (
	"crypto/tls"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	ours "elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/leak"
)

// A chatterbox is the backend of a WebSocket that reads nothing until begin, and sends
// continuously from then on, also after the client has disconnected.
type chatterbox struct {
	begin func()
	got   chan int // number of bytes received from the client
}

// chatter starts a chatterbox and returns it with its address.
func chatter(t *testing.T) (*chatterbox, string) {
	begun := make(chan struct{})
	c := &chatterbox{sync.OnceFunc(func() { close(begun) }), make(chan int, 1)}
	address := webSocket(t, func(p *peer) {
		<-begun
		sent := make(chan struct{})
		go func() { // ends with the connection
			defer close(sent)
			for {
				if _, err := io.WriteString(p, strings.Repeat("more", 1000)); err != nil {
					return
				}
			}
		}()
		n := 0
		for piece := make([]byte, 16<<10); ; time.Sleep(time.Millisecond) { // slow
			m, err := p.r.Read(piece)
			if n += m; err != nil {
				break
			}
		}
		c.got <- n
		_ = p.Close()
		<-sent
	})
	t.Cleanup(c.begin) // if the test has failed before
	return c, address
}

// manyBytes exceeds the receive buffer of the backend's kernel, but not that of the
// proxy's.
const manyBytes = 512 << 10

func (c *chatterbox) want(t *testing.T, r *rig, size int) {
	t.Helper()
	select {
	case got := <-c.got:
		if got != size {
			t.Errorf("the backend got %d bytes, want %d", got, size)
		}
	case <-time.After(patience):
		t.Fatal("the backend does not see the end")
	}
	if line := r.log.next(t); line["side"] != "client" || line["op"] != "tunnel" {
		t.Errorf("access log has %v", line)
	}
}

// What a client has sent before it closed its connection is forwarded, also if the backend
// reads slowly and goes on sending, which makes the client's kernel reset the connection.
func TestTunnelClientCloses(t *testing.T) {
	leak.Check(t)
	bothWays(t, func(t *testing.T, s setting) {
		b, address := chatter(t)
		r := newRig(t, []string{address}, s, patientLinger)
		c := r.dial().send(strings.Replace(upgrade, "\r\n\r\n", "\r\nSec-WebSocket-Key: mine\r\n\r\n", 1))
		if resp := c.response(); resp.StatusCode != 101 {
			t.Fatalf("got %v", resp)
		}
		c.send(strings.Repeat("x", manyBytes))
		waitFor(t, "our kernel has all", (&peer{TCPConn: c.tcp()}).taken)
		_ = c.tcp().Close()
		b.begin()
		b.want(t, r, manyBytes)
	})
}

// The same holds over HTTP/2, where the client ends its direction of the stream first,
// or only its connection. A reset of the stream, which by RFC 8441, 5 stands for a TCP
// reset, is forwarded at once.
func TestTunnelH2ClientCloses(t *testing.T) {
	leak.Check(t)
	for name, ends := range map[string]bool{"with the stream's end": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			b, address := chatter(t)
			r := newRig(t, []string{address}, patientLinger)
			c := r.dialFrames()
			id := c.open(false, webSocketFields...)
			c.head(id)
			c.upload(id, manyBytes, ends)
			_ = c.Conn.(*tls.Conn).NetConn().Close()
			b.begin()
			b.want(t, r, manyBytes)
		})
	}
}

// The same holds over HTTP/3, for a client that ends its direction and cancels the other.
func TestTunnelH3ClientCloses(t *testing.T) {
	leak.Check(t)
	b, address := chatter(t)
	r := newRig(t, []string{address}, patientLinger)
	c := r.dialRaw()
	str := c.stream(false, headers(pseudo("CONNECT", "/chat", ":protocol", "websocket", "sec-websocket-version", "13")...))
	if _, err := io.ReadFull(str, make([]byte, 1)); err != nil { // the head has arrived
		t.Fatal(err)
	}
	if _, err := str.Write(frame(http3.Data, make([]byte, manyBytes))); err != nil {
		t.Fatal(err)
	}
	_ = str.Close()
	str.CancelRead(0x10c) // H3_REQUEST_CANCELLED
	b.begin()
	b.want(t, r, manyBytes)
}

// upload sends size bytes as the windows allow, and returns when the proxy has processed
// all of them.
func (c *peer2) upload(id uint32, size int, ends bool) {
	c.t.Helper()
	windows := map[uint32]int{0: ours.ConnWindow, id: ours.StreamWindow}
	for pinged := false; ; {
		n := min(size, 16<<10)
		switch {
		case n > 0 && windows[0] >= n && windows[id] >= n:
			size -= n
			windows[0] -= n
			windows[id] -= n
			c.ok(c.WriteData(id, ends && size == 0, make([]byte, n)))
			continue
		case n == 0 && !pinged:
			pinged = true
			c.ok(c.WritePing(false, [8]byte{1}))
		}
		f, err := c.ReadFrame()
		c.ok(err)
		switch f := f.(type) {
		case *http2.WindowUpdateFrame:
			windows[f.StreamID] += int(f.Increment)
		case *http2.PingFrame:
			return
		}
	}
}

// patientLinger sets a timeout for backends that are slow on a busy machine.
func patientLinger(o *Options, _ *Config) { o.Limits.LingerTimeout = patience }
