package proxy

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"elbow/internal/http3"
)

// A rawH3 is an HTTP/3 client that sends any bytes, valid or not.
type rawH3 struct {
	t    testing.TB
	quic *quic.Conn
}

// dialRaw connects without sending anything.
func (r *rig) dialRaw() *rawH3 { return &rawH3{r.t, r.dialQUIC(nil, r.udpAddr())} }

// fields encodes pairs of names and values.
func fields(pairs ...string) []byte {
	var block bytes.Buffer
	e := qpack.NewEncoder(&block)
	for i := 0; i < len(pairs); i += 2 {
		_ = e.WriteField(qpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	return block.Bytes()
}

// frame returns a frame of this type.
func frame(t http3.FrameType, payload []byte) []byte {
	return append(http3.AppendFrameHeader(nil, t, len(payload)), payload...)
}

// headers returns a HEADERS frame with these fields, frameData a DATA frame.
func headers(pairs ...string) []byte { return frame(http3.Headers, fields(pairs...)) }

func frameData(s string) []byte { return frame(http3.Data, []byte(s)) }

// pseudo returns the pseudo-header fields of a request for path, followed by more.
func pseudo(method, path string, more ...string) []string {
	return append([]string{":method", method, ":scheme", "https", ":authority", "elbow.test", ":path", path}, more...)
}

// stream opens a stream and sends p on it, and ends it if ends is set.
func (c *rawH3) stream(ends bool, p ...[]byte) *quic.Stream {
	c.t.Helper()
	str, err := c.quic.OpenStream()
	if err != nil {
		c.t.Fatal(err)
	}
	_ = str.SetDeadline(time.Now().Add(patience))
	for _, b := range p {
		if _, err := str.Write(b); err != nil && codeOfReset(err) != http3.NoError {
			c.t.Fatal(err)
		}
	}
	if ends {
		_ = str.Close()
	}
	return str
}

// uni opens a unidirectional stream and sends p on it.
func (c *rawH3) uni(p ...byte) *quic.SendStream {
	c.t.Helper()
	str, err := c.quic.OpenUniStream()
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := str.Write(p); err != nil {
		c.t.Fatal(err)
	}
	return str
}

// ask sends a GET and returns the answer's body.
func (c *rawH3) ask(path string) string {
	c.t.Helper()
	a := c.answer(c.stream(true, headers(pseudo("GET", path)...)))
	if a.err != nil || a.status != 200 {
		c.t.Fatalf("%s: got %d %q, %v", path, a.status, a.body, a.err)
	}
	return a.body
}

// An h3Answer is an answer received on a stream.
type h3Answer struct {
	status   int
	interim  []int
	fields   map[string]string
	body     string
	trailers map[string]string
	err      error // how the stream ended; nil at its regular end
}

// answer reads a stream until its end.
func (c *rawH3) answer(str *quic.Stream) (a h3Answer) {
	c.t.Helper()
	in := quicvarint.NewReader(str)
	for {
		kind, err := quicvarint.Read(in)
		if err == io.EOF {
			return a
		}
		if err == nil {
			var length uint64
			if length, err = quicvarint.Read(in); err == nil {
				payload := make([]byte, length)
				if _, err = io.ReadFull(in, payload); err == nil {
					c.take(&a, kind, payload)
					continue
				}
			}
		}
		a.err = err
		return a
	}
}

func (c *rawH3) take(a *h3Answer, kind uint64, payload []byte) {
	c.t.Helper()
	if kind == uint64(http3.Data) {
		a.body += string(payload)
		return
	}
	got := make(map[string]string)
	next := qpack.NewDecoder().Decode(payload)
	for f, err := next(); err != io.EOF; f, err = next() {
		if err != nil {
			c.t.Fatalf("frame %d: %v", kind, err)
		}
		got[f.Name] = f.Value
	}
	status, _ := strconv.Atoi(got[":status"])
	switch {
	case a.status != 0:
		a.trailers = got
	case status < 200:
		a.interim = append(a.interim, status)
	default:
		a.status, a.fields = status, got
	}
}

// ended waits for the connection's end and returns its code; 0 if it is not an HTTP/3
// code.
func (c *rawH3) ended() http3.Code {
	c.t.Helper()
	select {
	case <-c.quic.Context().Done():
	case <-time.After(patience):
		c.t.Fatal("the connection does not end")
	}
	var app *quic.ApplicationError
	if _, err := c.quic.AcceptStream(c.quic.Context()); errors.As(err, &app) {
		return http3.Code(app.ErrorCode)
	}
	return 0
}

// codeOfReset returns the code of a stream's reset; 0 if err is another error.
func codeOfReset(err error) http3.Code {
	var reset *quic.StreamError
	if errors.As(err, &reset) {
		return http3.Code(reset.ErrorCode)
	}
	return 0
}
