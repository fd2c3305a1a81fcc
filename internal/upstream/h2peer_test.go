package upstream

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"elbow/internal/socket"
)

// patience bounds the waits of a test; only a failing test reaches it.
const patience = 20 * time.Second

func soon() socket.Instant { return socket.Now().Add(patience) }

// An h2peer is the backend's end of a connection, frame by frame.
type h2peer struct {
	t testing.TB
	net.Conn
	*http2.Framer
}

// peer accepts the next connection, and exchanges prefaces with it.
func (b *backend) peer(t testing.TB, settings ...http2.Setting) *h2peer {
	t.Helper()
	p := newPeer(t, <-b.accepted)
	p.greet(settings...)
	return p
}

func newPeer(t testing.TB, c net.Conn) *h2peer {
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	p := &h2peer{t, c, http2.NewFramer(c, c)}
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.AllowIllegalWrites = true
	return p
}

func (p *h2peer) greet(settings ...http2.Setting) {
	p.t.Helper()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(p.Conn, preface); err != nil || string(preface) != http2.ClientPreface {
		p.t.Fatalf("got preface %q, %v", preface, err)
	}
	if f, ok := p.read().(*http2.SettingsFrame); !ok || f.IsAck() {
		p.t.Fatal("no SETTINGS behind the preface")
	}
	p.ok(p.WriteSettings(settings...))
}

func (p *h2peer) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *h2peer) read() http2.Frame {
	p.t.Helper()
	f, err := p.ReadFrame()
	if err != nil {
		p.t.Fatalf("read a frame: %v", err)
	}
	return f
}

// frame reads up to a frame of type F, and returns it.
func frame[F http2.Frame](p *h2peer) F {
	p.t.Helper()
	for {
		if f, ok := p.read().(F); ok {
			return f
		}
	}
}

// wantEnd reads to the end of the connection, before which a GOAWAY with code
// must arrive.
func (p *h2peer) wantEnd(code http2.ErrCode) {
	p.t.Helper()
	for seen := false; ; {
		f, err := p.ReadFrame()
		if err != nil {
			var timeout net.Error
			if !seen || errors.As(err, &timeout) && timeout.Timeout() {
				p.t.Fatalf("got %v, want a GOAWAY with %v and the end", err, code)
			}
			return
		}
		if g, ok := f.(*http2.GoAwayFrame); ok {
			if seen = g.ErrCode == code; !seen {
				p.t.Fatalf("got GOAWAY with %v, want %v", g.ErrCode, code)
			}
		}
	}
}

// block returns a header block with a status and other fields, name and value in
// turn.
func block(status string, fields ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	e.SetMaxDynamicTableSize(0)
	if status != "" {
		_ = e.WriteField(hpack.HeaderField{Name: ":status", Value: status}) // a Buffer takes all
	}
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return b.Bytes()
}

// answer sends head, body and trailers.
func (p *h2peer) answer(id uint32, body string) {
	p.t.Helper()
	p.ok(p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block("200"), EndHeaders: true}))
	p.ok(p.WriteData(id, false, []byte(body)))
	p.ok(p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block("", "grpc-status", "0"), EndHeaders: true, EndStream: true}))
}

// inPieces sends a head in as many frames as it needs.
func (p *h2peer) inPieces(id uint32, head []byte) {
	const most = 16 << 10
	n := min(len(head), most)
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head[:n], EndHeaders: n == len(head)})
	for head = head[n:]; len(head) > 0; head = head[n:] {
		n = min(len(head), most)
		_ = p.WriteContinuation(id, n == len(head), head[:n])
	}
}

// An opened is the result of OpenStream.
type opened struct {
	s   *Stream
	err error
}

// open opens n streams concurrently.
func open(p *Pool, n int) <-chan opened {
	all := make(chan opened, n)
	for range n {
		go func() { // ends when the stream is open
			s, err := p.OpenStream()
			if err == nil {
				s.StallAfter(patience)
			}
			all <- opened{s, err}
		}()
	}
	return all
}

// ask sends a request without a body.
func ask(t testing.TB, s *Stream) {
	t.Helper()
	request := []byte{0x83, 0x86, 0x84} // POST, http, /
	if err := s.Send(request, nil, true, true); err != nil {
		t.Fatal(err)
	}
}

// must opens a stream while the peer sends its preface.
func (b *backend) must(t testing.TB, p *Pool, settings ...http2.Setting) (*Stream, *h2peer) {
	t.Helper()
	all := open(p, 1)
	peer := b.peer(t, settings...)
	o := <-all
	if o.err != nil {
		t.Fatal(o.err)
	}
	return o.s, peer
}
