package proxy

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A peer2 is a client that sends HTTP/2 frame by frame, so that it can do what no library
// would.
type peer2 struct {
	t testing.TB
	net.Conn
	*http2.Framer
	encoder *hpack.Encoder
	encoded bytes.Buffer
	next    uint32 // id of the next stream
}

// dialFrames connects and exchanges preface and settings. The window of streams
// is left at its default.
func (r *rig) dialFrames(settings ...http2.Setting) *peer2 {
	r.t.Helper()
	tcp, err := net.Dial("tcp", r.lis.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	c := tls.Client(tcp, &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test", NextProtos: []string{"h2"}})
	r.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		r.t.Fatal(err)
	}
	p := &peer2{t: r.t, Conn: c, Framer: http2.NewFramer(c, c), next: 1}
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.encoder = hpack.NewEncoder(&p.encoded)
	p.ok(p.WriteSettings(settings...))
	p.AllowIllegalWrites = true
	return p
}

func (p *peer2) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// block compresses fields, given as "name: value". The pseudo-header fields of a GET are
// added unless they are given.
func (p *peer2) block(fields ...string) []byte {
	p.encoded.Reset()
	for _, start := range []string{":method: GET", ":scheme: https", ":authority: elbow.test", ":path: /"} {
		name := start[:strings.Index(start, ": ")+1]
		given := false
		for _, f := range fields {
			given = given || strings.HasPrefix(f, name)
		}
		if !given {
			fields = append([]string{start}, fields...)
		}
	}
	for _, pseudo := range []bool{true, false} {
		for _, f := range fields {
			i := strings.Index(f[1:], ":") + 1
			if (f[0] == ':') == pseudo {
				p.ok(p.encoder.WriteField(hpack.HeaderField{Name: f[:i], Value: f[i+2:]}))
			}
		}
	}
	return p.encoded.Bytes()
}

// open opens a stream and returns its id.
func (p *peer2) open(ends bool, fields ...string) uint32 {
	p.t.Helper()
	id, err := p.tryOpen(ends, fields...)
	p.ok(err)
	return id
}

func (p *peer2) tryOpen(ends bool, fields ...string) (uint32, error) {
	id := p.next
	p.next += 2
	return id, p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(fields...), EndStream: ends, EndHeaders: true})
}

// frame returns the next frame other than SETTINGS, PING and WINDOW_UPDATE.
func (p *peer2) frame() http2.Frame {
	p.t.Helper()
	for {
		f, err := p.ReadFrame()
		if err != nil {
			p.t.Fatalf("read a frame: %v", err)
		}
		switch f.(type) {
		case *http2.SettingsFrame, *http2.WindowUpdateFrame, *http2.PingFrame:
		default:
			return f
		}
	}
}

// head reads the head of an answer.
func (p *peer2) head(id uint32) *http2.MetaHeadersFrame {
	p.t.Helper()
	f, ok := p.frame().(*http2.MetaHeadersFrame)
	if !ok || f.StreamID != id {
		p.t.Fatalf("got %v, want a head on stream %d", f, id)
	}
	return f
}

// wantStatus reads a complete answer, checks its status and returns its body.
func (p *peer2) wantStatus(id uint32, status string) string {
	p.t.Helper()
	f := p.head(id)
	if got := f.PseudoValue("status"); got != status {
		p.t.Fatalf("got %s, want %s", got, status)
	}
	if f.StreamEnded() {
		return ""
	}
	return p.body(id)
}

// body reads DATA until the end of the stream.
func (p *peer2) body(id uint32) string {
	p.t.Helper()
	var b strings.Builder
	for {
		d, ok := p.frame().(*http2.DataFrame)
		if !ok || d.StreamID != id {
			p.t.Fatalf("got %v, want DATA on stream %d", d, id)
		}
		b.Write(d.Data())
		if d.StreamEnded() {
			return b.String()
		}
	}
}

func (p *peer2) wantReset(id uint32, code http2.ErrCode) {
	p.t.Helper()
	f := p.frame()
	if r, ok := f.(*http2.RSTStreamFrame); !ok || r.StreamID != id || r.ErrCode != code {
		p.t.Fatalf("got %v, want RST_STREAM of %d with %v", f, id, code)
	}
}

// wantGoAway reads until a GOAWAY with this code, and then until the end of the
// connection.
func (p *peer2) wantGoAway(code http2.ErrCode) {
	p.t.Helper()
	p.ok(p.goAway(code))
}

// goAway does what wantGoAway does and returns an error, for a goroutine beside writes.
func (p *peer2) goAway(code http2.ErrCode) error {
	var seen []string
	for {
		f, err := p.ReadFrame()
		if err != nil {
			return fmt.Errorf("got %w after %v, want GOAWAY with %v", err, seen, code)
		}
		if g, ok := f.(*http2.GoAwayFrame); ok && g.ErrCode == code {
			break
		}
		if seen = append(seen, fmt.Sprint(f)); len(seen) > 20 {
			seen = seen[1:]
		}
	}
	_, _ = io.Copy(io.Discard, p.Conn)
	return nil
}
