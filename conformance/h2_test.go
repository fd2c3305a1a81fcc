package conformance

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// An h2Client is an HTTP/2 connection on which any bytes can be sent.
type h2Client struct {
	t      *testing.T
	conn   *tls.Conn
	framer *http2.Framer // for reading
	pieces bool          // header blocks and bodies are split into many frames, with the best compression
	next   uint32        // id of the next stream

	encoder *hpack.Encoder
	encoded bytes.Buffer

	mu      sync.Mutex
	answers map[uint32]*answer
	gone    string // how the connection ended
	changed chan struct{}
	done    chan struct{} // closed when the connection has ended
}

// dialH2 connects to r and exchanges preface and SETTINGS.
func dialH2(t *testing.T, r *rig, pieces bool) *h2Client {
	t.Helper()
	c := dialH2Raw(t, r)
	c.pieces = pieces
	var out bytes.Buffer
	f := http2.NewFramer(&out, nil)
	_ = f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30}) // to memory
	_ = f.WriteWindowUpdate(0, 1<<30)
	c.write(http2.ClientPreface + out.String())
	return c
}

// dialH2Raw connects without sending anything.
func dialH2Raw(t *testing.T, r *rig) *h2Client {
	t.Helper()
	tcp, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := &h2Client{
		t: t, next: 1,
		conn:    tls.Client(tcp, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}),
		answers: make(map[uint32]*answer),
		changed: make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	c.encoder = hpack.NewEncoder(&c.encoded)
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if err := c.conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	c.framer = http2.NewFramer(io.Discard, c.conn)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	go c.read() // ends with the connection; close waits for it
	return c
}

func (c *h2Client) close() {
	_ = c.conn.Close()
	<-c.done
}

// write sends raw bytes. An error is ignored: the reader sees how the connection has
// ended.
func (c *h2Client) write(raw string) { _, _ = io.WriteString(c.conn, raw) }

// read records frames until the connection ends.
func (c *h2Client) read() {
	defer close(c.done)
	for {
		f, err := c.framer.ReadFrame()
		c.mu.Lock()
		if err != nil {
			if c.gone == "" {
				c.gone = "without a GOAWAY"
			}
			c.mu.Unlock()
			return
		}
		c.take(f)
		c.mu.Unlock()
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

// take records a frame. Called with mu locked.
func (c *h2Client) take(f http2.Frame) {
	a := c.answers[f.Header().StreamID]
	if a == nil {
		a = new(answer)
		c.answers[f.Header().StreamID] = a
	}
	switch f := f.(type) {
	case *http2.MetaHeadersFrame:
		var section []field
		for _, hf := range f.Fields {
			section = append(section, field{hf.Name, hf.Value})
		}
		a.take(c.t, section)
		a.ended = a.ended || f.StreamEnded()
	case *http2.DataFrame:
		a.body += string(f.Data())
		a.ended = a.ended || f.StreamEnded()
	case *http2.RSTStreamFrame:
		if !a.ended {
			a.code, a.ended = f.ErrCode.String(), true
		}
	case *http2.GoAwayFrame:
		c.gone = f.ErrCode.String()
	}
}

// await waits until a stream or the connection has ended. In the latter case it returns
// how.
func (c *h2Client) await(stream uint32) (a *answer, gone string) {
	gone = c.until(func() bool {
		a = c.answers[stream]
		return a != nil && a.ended
	})
	return a, gone
}

// awaitEnded waits until n streams or the connection have ended.
func (c *h2Client) awaitEnded(n int) {
	c.until(func() bool {
		ended := 0
		for _, a := range c.answers {
			if a.ended {
				ended++
			}
		}
		return ended >= n
	})
}

// until waits until holds, called with mu locked, returns true, or until the connection
// has ended. In the latter case it returns how.
func (c *h2Client) until(holds func() bool) (gone string) {
	for {
		c.mu.Lock()
		held := holds()
		gone = c.gone
		c.mu.Unlock()
		switch {
		case held:
			return ""
		case gone != "" && gone != http2.ErrCodeNo.String(): // after NO_ERROR, streams in flight complete
			<-c.done
			return gone
		}
		select {
		case <-c.changed:
		case <-c.done:
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.gone
		}
	}
}

func (c *h2Client) ask(m *message) (*answer, string) {
	stream := c.next
	c.next += 2
	var frames []string
	last := func(flags http2.Flags, is bool) http2.Flags {
		if is && !m.open {
			return flags | http2.FlagDataEndStream // END_STREAM has the same value in HEADERS
		}
		return flags
	}
	frames = c.appendBlock(frames, stream, m.head, last(0, len(m.data) == 0 && m.trailers == nil))
	for i, data := range m.data {
		ends := i == len(m.data)-1 && m.trailers == nil
		pieces := c.cut(data)
		for j, p := range pieces {
			frames = append(frames, h2Frame(http2.FrameData, last(0, ends && j == len(pieces)-1), stream, p))
		}
	}
	if m.trailers != nil {
		frames = c.appendBlock(frames, stream, m.trailers, last(0, true))
	}
	if !c.pieces {
		frames = []string{strings.Join(frames, "")}
	}
	for _, f := range frames {
		c.write(f)
	}
	return c.await(stream)
}

// appendBlock appends the frames of a header block.
func (c *h2Client) appendBlock(frames []string, stream uint32, fields []field, flags http2.Flags) []string {
	c.encoded.Reset()
	for _, f := range fields {
		if c.pieces {
			_ = c.encoder.WriteField(hpack.HeaderField{Name: f.name, Value: f.value}) // to memory
		} else {
			c.encoded.WriteString(hpackLiteral(f))
		}
	}
	kind := http2.FrameHeaders
	pieces := c.cut(c.encoded.String())
	for i, p := range pieces {
		if i == len(pieces)-1 {
			flags |= http2.FlagHeadersEndHeaders
		}
		frames = append(frames, h2Frame(kind, flags, stream, p))
		kind, flags = http2.FrameContinuation, 0
	}
	return frames
}

// maxH2Frame is the initial value of SETTINGS_MAX_FRAME_SIZE (RFC 9113, 4.2).
const maxH2Frame = 16 << 10

// cut divides a payload into frames of the maximum size, or into smaller ones if c.pieces
// is set.
func (c *h2Client) cut(s string) (pieces []string) {
	size := maxH2Frame
	if c.pieces {
		size = min(size, 1+len(s)/4)
	}
	for len(s) > size {
		pieces = append(pieces, s[:size])
		s = s[size:]
	}
	return append(pieces, s)
}

// h2Frame returns a frame. Its payload may have a length that is invalid for its type.
func h2Frame(kind http2.FrameType, flags http2.Flags, stream uint32, payload string) string {
	n := len(payload)
	return string([]byte{
		byte(n >> 16), byte(n >> 8), byte(n), byte(kind), byte(flags),
		byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream),
	}) + payload
}

// hpackLiteral encodes a field without indexing and without Huffman coding (RFC 7541,
// 6.2.2).
func hpackLiteral(f field) string {
	return "\x00" + prefixed(0, 7, len(f.name)) + f.name + prefixed(0, 7, len(f.value)) + f.value
}

// prefixed encodes an integer with a prefix of the given number of bits (RFC 7541, 5.1);
// first has the other bits of the first byte.
func prefixed(first byte, bits, n int) string {
	limit := 1<<bits - 1
	if n < limit {
		return string([]byte{first | byte(n)})
	}
	out := []byte{first | byte(limit)}
	for n -= limit; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return string(append(out, byte(n)))
}
