package upstream

import (
	"net"
	"testing"

	"golang.org/x/net/http2"
)

// Whatever a backend sends, the owner of the stream gets an answer or an error,
// and the connection ends when the backend does.
func FuzzStream(f *testing.F) {
	frame := func(kind http2.FrameType, flags http2.Flags, stream byte, payload string) string {
		return string([]byte{0, byte(len(payload) >> 8), byte(len(payload)), byte(kind), byte(flags), 0, 0, 0, stream}) + payload
	}
	settings := frame(http2.FrameSettings, 0, 0, "")
	for _, frames := range []string{
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		settings + frame(http2.FrameHeaders, 4, 1, "\x88") + frame(http2.FrameData, 0, 1, "abc") + frame(http2.FrameHeaders, 5, 1, "\x00\x01a\x01b"),
		settings + frame(http2.FrameHeaders, 5, 1, "\x88"),
		settings + frame(http2.FrameHeaders, 4, 1, "\x08\x03103") + frame(http2.FrameHeaders, 4, 1, "\x88") + frame(http2.FrameData, 1, 1, "x"),
		settings + frame(http2.FrameHeaders, 0, 1, "\x88") + frame(http2.FrameContinuation, 4, 1, "\x00\x01a\x01b") + frame(http2.FrameData, 9, 1, "\x01x\x00"),
		settings + frame(http2.FrameRSTStream, 0, 1, "\x00\x00\x00\x07"),
		settings + frame(http2.FrameGoAway, 0, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"),
		frame(http2.FrameSettings, 0, 0, "\x00\x03\x00\x00\x00\x01\x00\x04\x00\x00\x00\x01") + frame(http2.FrameWindowUpdate, 0, 1, "\x00\x00\x00\x01"),
		settings + frame(http2.FramePing, 0, 0, "12345678"),
	} {
		f.Add([]byte(frames))
	}
	b := newBackend(f)
	f.Fuzz(func(t *testing.T, frames []byte) {
		p := b.pool(t, Options{})
		all := open(p, 1)
		var c *net.TCPConn
		select {
		case c = <-b.accepted:
		case o := <-all:
			t.Fatal(o.err) // usually out of ports
		}
		_ = c.SetLinger(0) // else the ports are unavailable for a minute
		defer c.Close()
		_, _ = c.Write(frames) // may have been closed
		_ = c.CloseWrite()
		o := <-all
		if o.err != nil {
			return
		}
		defer o.s.Release(true)
		_ = o.s.Send([]byte{0x83, 0x86, 0x84}, []byte("0123"), true, true) // may have ended
		for {
			if _, ended, err := o.s.Head(nil, soon()); err != nil || ended {
				break
			}
		}
		for buf := make([]byte, 2); ; {
			if err := o.s.Await(soon()); err != nil {
				return
			}
			if _, _, ended, err := o.s.Take(buf, nil); err != nil || ended {
				return
			}
		}
	})
}
