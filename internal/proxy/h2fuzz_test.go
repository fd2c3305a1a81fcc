package proxy

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/proxy/h2"
	"elbow/internal/proxy/tcp"
)

// Whatever a client sends, its connection ends when the client disconnects, and holds no
// resources. The backend receives valid requests only.
func FuzzH2(f *testing.F) {
	frame := func(kind http2.FrameType, flags http2.Flags, stream byte, payload string) string {
		return string([]byte{0, byte(len(payload) >> 8), byte(len(payload)), byte(kind), byte(flags), 0, 0, 0, stream}) + payload
	}
	const get, post = "\x82\x87\x84\x41\x01a", "\x83\x87\x84\x41\x01a"
	settings := frame(http2.FrameSettings, 0, 0, "")
	for _, frames := range []string{
		settings + frame(http2.FrameHeaders, 5, 1, get) + frame(http2.FrameHeaders, 5, 3, get),
		settings + frame(http2.FrameHeaders, 4, 1, post) + frame(http2.FrameData, 0, 1, "abc") + frame(http2.FrameData, 1, 1, "def"),
		settings + frame(http2.FrameHeaders, 4, 1, post) + frame(http2.FrameHeaders, 5, 1, "\x00\x01x\x01y"),
		settings + frame(http2.FrameHeaders, 1, 1, get[:2]) + frame(http2.FrameContinuation, 4, 1, get[2:]),
		settings + frame(http2.FrameHeaders, 5, 1, get) + frame(http2.FrameRSTStream, 0, 1, "\x00\x00\x00\x08"),
		frame(http2.FrameSettings, 0, 0, "\x00\x04\x00\x00\x00\x01") + frame(http2.FrameHeaders, 5, 1, get) + frame(http2.FrameWindowUpdate, 0, 1, "\x00\x00\x00\x01"),
		settings + frame(http2.FramePing, 0, 0, "12345678") + frame(http2.FrameGoAway, 0, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"),
		settings + frame(http2.FrameHeaders, 4, 1, "\x42\x07CONNECT\x00\x09:protocol\x09websocket\x87\x84\x41\x01a") + frame(http2.FrameData, 1, 1, "abc"),
	} {
		f.Add([]byte(frames))
	}
	r := newRig(f, []string{scripted(f, func(_ int, p *peer) {
		for h := p.head(); h != ""; h = p.head() {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}
	})}, plain, limits(exchange.Limits{BodyTimeout: 20 * time.Millisecond, StreamTimeout: 20 * time.Millisecond}), requestTimeout(time.Second))
	f.Fuzz(func(t *testing.T, frames []byte) {
		near, far := tcpPair(t)
		defer far.Close()
		c := new(tcp.Conn)
		c.Origin.Open(&r.lis.frontend, c, netip.AddrPort{})
		c.State.Store(exchange.Active)
		if err := c.Wire.Open(near, nil, false, time.Second); err != nil {
			t.Fatal(err)
		}
		if !r.lis.conns.add(&c.Origin) {
			t.Fatal("no room")
		}
		c.Stream = &c.Wire
		r.lis.frontend.Counts.Local().Open.Add(1)
		done := make(chan struct{})
		go func() { // ends with the connection
			defer close(done)
			h2.Serve(c)
		}()
		_, _ = io.WriteString(far, http2.ClientPreface) // may have been closed
		_, _ = far.Write(frames)
		_ = far.CloseWrite()
		_, _ = io.Copy(io.Discard, far)
		_ = far.Close()
		<-done
		for _, b := range r.cfg.Backends {
			if n := b.Member.Active.Load(); n != 0 {
				t.Errorf("%d exchanges are still counted", n)
			}
		}
	})
}

// tcpPair returns the two ends of a connection.
func tcpPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return s.(*net.TCPConn), c.(*net.TCPConn)
}
