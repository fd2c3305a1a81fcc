package stress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"elbow/internal/elbtest"
)

// A frameReader is the body of an HTTP/2 response. It writes its own frames, because no
// client library keeps a window of 0, or shuts down its sending side after the request.
type frameReader struct {
	*http2.Framer
	conn   *tls.Conn
	stream uint32 // window is given for; 0: the client sends nothing more
	rest   []byte
	ended  bool
}

// plenty is a flow-control window that is never used up.
const plenty = 1 << 30

// askFrames asks as a reader that stands still, with a window of 0 for as long as it
// does, or as one that has closed its sending side, with plenty of window.
func (r *reader) askFrames(f *elbtest.Front, path string) (io.Reader, func(), error) {
	tcp, err := r.dial(f)(context.Background(), "", "")
	if err != nil {
		return nil, nil, err
	}
	settings := f.TLS()
	settings.NextProtos = []string{"h2"}
	c := &frameReader{conn: tls.Client(tcp, settings)}
	c.Framer = http2.NewFramer(c.conn, c.conn)
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, field := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", elbtest.SiteName}, {":path", path}} {
		_ = e.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}) // to memory
	}
	window := uint32(plenty)
	if r.manner == "still" {
		window, c.stream = 0, 1
	}
	_, err = io.WriteString(c.conn, http2.ClientPreface)
	err = errors.Join(err,
		c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window}),
		c.WriteWindowUpdate(0, plenty),
		c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}))
	if r.manner == "half-closed" {
		err = errors.Join(err, c.conn.CloseWrite(), tcp.(*net.TCPConn).CloseWrite())
	}
	for head := false; err == nil && !head; {
		var frame http2.Frame
		frame, err = c.ReadFrame()
		_, head = frame.(*http2.MetaHeadersFrame)
	}
	if err != nil {
		return nil, nil, err
	}
	return c, func() { _ = c.conn.Close() }, nil
}

// Read gives window, if the client still sends, and returns the payload of DATA.
func (c *frameReader) Read(p []byte) (int, error) {
	if c.stream != 0 {
		if err := c.WriteWindowUpdate(c.stream, plenty); err != nil {
			return 0, err
		}
		c.stream = 0
	}
	for len(c.rest) == 0 {
		if c.ended {
			return 0, io.EOF
		}
		frame, err := c.ReadFrame()
		if err != nil {
			return 0, fmt.Errorf("%v", err) // an end here is none of the answer
		}
		switch f := frame.(type) {
		case *http2.DataFrame:
			c.rest, c.ended = bytes.Clone(f.Data()), f.StreamEnded()
		case *http2.RSTStreamFrame:
			return 0, fmt.Errorf("reset: %v", f.ErrCode)
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				return 0, fmt.Errorf("GOAWAY: %v", f.ErrCode)
			}
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
