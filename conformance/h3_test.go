package conformance

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/quicvarint"
)

// An h3Client is an HTTP/3 connection on which any bytes can be sent.
type h3Client struct {
	t      *testing.T
	udp    *net.UDPConn
	tr     *quic.Transport
	conn   *quic.Conn
	pieces bool // field sections have the best compression, bodies are split into many frames
}

// Types of frames (RFC 9114, 7.2).
const (
	h3Data     = 0x0
	h3Headers  = 0x1
	h3Settings = 0x4
)

// h3Control begins a control stream (RFC 9114, 6.2.1).
const h3Control = "\x00"

// dialH3 connects to r and opens the control stream.
func dialH3(t *testing.T, r *rig, pieces bool) *h3Client {
	t.Helper()
	c := dialH3Raw(t, r)
	c.pieces = pieces
	c.uni(h3Control + h3Frame(h3Settings, ""))
	return c
}

// dialH3Raw connects without sending anything.
func dialH3Raw(t *testing.T, r *rig) *h3Client {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c := &h3Client{t: t, udp: udp, tr: &quic.Transport{Conn: udp}}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conf := &tls.Config{InsecureSkipVerify: true, ServerName: "a.test", NextProtos: []string{"h3"}}
	if c.conn, err = c.tr.Dial(ctx, net.UDPAddrFromAddrPort(r.listener.Addr()), conf, nil); err != nil {
		_ = udp.Close()
		t.Fatal(err)
	}
	return c
}

func (c *h3Client) close() {
	_ = c.conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
	_ = c.tr.Close()
	_ = c.udp.Close()
}

// uni opens a unidirectional stream and sends raw bytes on it.
func (c *h3Client) uni(raw string) *quic.SendStream {
	str, err := c.conn.OpenUniStream()
	if err != nil {
		c.t.Errorf("open a stream: %v", err)
		return nil
	}
	_, _ = io.WriteString(str, raw) // fails if the connection has ended, which await reports
	return str
}

func (c *h3Client) ask(m *message) (*answer, string) {
	frames := []string{h3Frame(h3Headers, c.section(m.head))}
	for _, data := range m.data {
		for _, p := range c.cut(data) {
			frames = append(frames, h3Frame(h3Data, p))
		}
	}
	if m.trailers != nil {
		frames = append(frames, h3Frame(h3Headers, c.section(m.trailers)))
	}
	return c.send(!m.open, frames...)
}

// send sends raw bytes on a new stream, ends the stream if ends is set, and returns the
// answer, or how the connection ended.
func (c *h3Client) send(ends bool, raw ...string) (*answer, string) {
	str := c.open(raw...)
	if str == nil {
		return new(answer), c.ended()
	}
	if ends {
		_ = str.Close() // fails if it was reset, which await reports
	}
	return c.await(str)
}

// open opens a stream and sends raw bytes on it; it returns nil if the connection has
// ended.
func (c *h3Client) open(raw ...string) *quic.Stream {
	str, err := c.conn.OpenStream()
	if err != nil {
		return nil
	}
	_ = str.SetDeadline(time.Now().Add(patience))
	if !c.pieces {
		raw = []string{strings.Join(raw, "")}
	}
	for _, p := range raw {
		_, _ = io.WriteString(str, p) // the stream may have been reset
	}
	return str
}

// await reads a stream to its end.
func (c *h3Client) await(str *quic.Stream) (a *answer, gone string) {
	a = new(answer)
	in := quicvarint.NewReader(str)
	for {
		kind, payload, err := readH3Frame(in)
		var reset *quic.StreamError
		switch {
		case err == io.EOF:
			a.ended = true
			return a, ""
		case errors.As(err, &reset):
			a.code, a.ended = h3CodeName(http3.ErrCode(reset.ErrorCode)), true
			return a, ""
		case err != nil:
			return a, c.ended()
		case kind == h3Data:
			a.body += payload
		case kind == h3Headers:
			section, err := decodeSection(payload)
			if err != nil {
				c.t.Errorf("the client gets a field section that cannot be read: %v", err)
			}
			a.take(c.t, section)
		default:
			c.t.Errorf("the client gets a frame of type %#x", kind)
		}
	}
}

func readH3Frame(in quicvarint.Reader) (kind uint64, payload string, err error) {
	if kind, err = quicvarint.Read(in); err != nil {
		return 0, "", err
	}
	length, err := quicvarint.Read(in)
	if err != nil {
		return 0, "", noEOF(err)
	}
	b := make([]byte, length)
	_, err = io.ReadFull(in, b)
	return kind, string(b), noEOF(err)
}

// noEOF distinguishes the end of a stream within a frame from its end between frames.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ended waits for the end of the connection and returns its code.
func (c *h3Client) ended() string {
	select {
	case <-c.conn.Context().Done():
	case <-time.After(patience):
		return "not, but the stream is stuck"
	}
	err := context.Cause(c.conn.Context())
	var app *quic.ApplicationError
	if errors.As(err, &app) {
		return h3CodeName(http3.ErrCode(app.ErrorCode))
	}
	return err.Error()
}

// h3CodeName returns the name of an error code of HTTP/3 or QPACK.
func h3CodeName(code http3.ErrCode) string {
	switch code {
	case http3.ErrCodeRequestIncomplete:
		return "H3_REQUEST_INCOMPLETE" // quic-go has another order of the words
	case 0x201:
		return "QPACK_ENCODER_STREAM_ERROR"
	case 0x202:
		return "QPACK_DECODER_STREAM_ERROR"
	}
	return code.String()
}

// cut does the same as that of h2Client, without a maximum frame size.
func (c *h3Client) cut(s string) (pieces []string) {
	if !c.pieces {
		return []string{s}
	}
	size := 1 + len(s)/4
	for len(s) > size {
		pieces = append(pieces, s[:size])
		s = s[size:]
	}
	return append(pieces, s)
}

// section encodes a field section.
func (c *h3Client) section(fields []field) string {
	var out bytes.Buffer
	if c.pieces {
		e := qpack.NewEncoder(&out)
		for _, f := range fields {
			_ = e.WriteField(qpack.HeaderField{Name: f.name, Value: f.value}) // to memory
		}
	}
	if out.Len() == 0 { // the prefix is written with the first field
		out.WriteString(qpackPrefix)
	}
	if !c.pieces {
		for _, f := range fields {
			out.WriteString(qpackLiteral(f))
		}
	}
	return out.String()
}

func decodeSection(block string) (section []field, err error) {
	next := qpack.NewDecoder().Decode([]byte(block))
	for {
		f, err := next()
		if err == io.EOF {
			return section, nil
		}
		if err != nil {
			return section, err
		}
		section = append(section, field{f.Name, f.Value})
	}
}

// qpackPrefix is the prefix of a field section that does not use the dynamic table.
const qpackPrefix = "\x00\x00"

// qpackLiteral encodes a field with a literal name, without Huffman coding (RFC 9204,
// 4.5.6).
func qpackLiteral(f field) string {
	return prefixed(0x20, 3, len(f.name)) + f.name + prefixed(0, 7, len(f.value)) + f.value
}

// h3Frame returns a frame.
func h3Frame(kind uint64, payload string) string {
	return string(quicvarint.Append(quicvarint.Append(nil, kind), uint64(len(payload)))) + payload
}
