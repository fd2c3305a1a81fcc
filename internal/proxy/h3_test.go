package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http3"
	"elbow/internal/leak"
)

// Each connection error ends the connection with the right code (RFC 9114, 8.1).
func TestH3ConnectionErrors(t *testing.T) {
	leak.Check(t)
	request := headers(pseudo("POST", "/")...)
	settings := frame(http3.Settings, nil)
	for _, tt := range []struct {
		name   string
		stream []byte   // of a request
		ends   bool     // whether the stream is ended
		uni    [][]byte // each is sent on a stream of its own
		closed bool     // the last of these is ended
		want   http3.Code
	}{
		{name: "DATA before HEADERS", stream: frameData("x"), want: http3.FrameUnexpected},
		{name: "SETTINGS on a request stream", stream: settings, want: http3.FrameUnexpected},
		{name: "GOAWAY on a request stream", stream: frame(http3.GoAway, []byte{0}), want: http3.FrameUnexpected},
		{name: "PUSH_PROMISE of a client", stream: frame(http3.PushPromise, []byte{0}), want: http3.FrameUnexpected},
		{name: "a PING of HTTP/2", stream: frame(0x6, make([]byte, 8)), want: http3.FrameUnexpected},
		{name: "HEADERS cut off", stream: request[:len(request)-1], ends: true, want: http3.FrameError},
		{name: "DATA cut off", stream: slices.Concat(request, frameData("hello")[:4]), ends: true, want: http3.FrameError},
		{name: "frame header cut off", stream: slices.Concat(request, []byte{0x40}), ends: true, want: http3.FrameError},
		{name: "HEADERS three times", stream: slices.Concat(request, headers("a", "b"), headers("c", "d")), want: http3.FrameUnexpected},
		{name: "DATA after trailers", stream: slices.Concat(request, headers("a", "b"), frameData("x")), want: http3.FrameUnexpected},
		{name: "empty field section", stream: frame(http3.Headers, nil), want: http3.DecompressionFailed},
		{name: "dynamic table", stream: frame(http3.Headers, []byte{0, 0, 0x80}), want: http3.DecompressionFailed},
		{name: "required insert count", stream: frame(http3.Headers, []byte{1, 0, 0x80}), want: http3.DecompressionFailed},
		{name: "bad Huffman code", stream: frame(http3.Headers, []byte{0, 0, 0x51, 0x81, 0}), want: http3.DecompressionFailed},
		{name: "bomb", stream: frame(http3.Headers, append([]byte{0, 0}, slices.Repeat([]byte{0xc0 | 58}, 9000)...)), want: http3.ExcessiveLoad},
		{name: "no SETTINGS", uni: [][]byte{append([]byte{0}, frame(http3.GoAway, []byte{0})...)}, want: http3.MissingSettings},
		{name: "SETTINGS twice", uni: [][]byte{slices.Concat([]byte{0}, settings, settings)}, want: http3.FrameUnexpected},
		{name: "a setting of HTTP/2", uni: [][]byte{append([]byte{0}, frame(http3.Settings, []byte{2, 0})...)}, want: http3.SettingsError},
		{name: "a setting twice", uni: [][]byte{append([]byte{0}, frame(http3.Settings, []byte{6, 1, 6, 1})...)}, want: http3.SettingsError},
		{name: "a setting cut off", uni: [][]byte{append([]byte{0}, frame(http3.Settings, []byte{6})...)}, want: http3.FrameError},
		{name: "very long SETTINGS", uni: [][]byte{append([]byte{0}, frame(http3.Settings, make([]byte, 2000))...)}, want: http3.ExcessiveLoad},
		{name: "DATA on the control stream", uni: [][]byte{slices.Concat([]byte{0}, settings, frameData("x"))}, want: http3.FrameUnexpected},
		{name: "push cancelled", uni: [][]byte{slices.Concat([]byte{0}, settings, frame(http3.CancelPush, []byte{1}))}, want: http3.IDError},
		{name: "push limit taken back", uni: [][]byte{slices.Concat([]byte{0}, settings, frame(http3.MaxPushID, []byte{9}), frame(http3.MaxPushID, []byte{8}))}, want: http3.IDError},
		{name: "GOAWAY that grows", uni: [][]byte{slices.Concat([]byte{0}, settings, frame(http3.GoAway, []byte{1}), frame(http3.GoAway, []byte{2}))}, want: http3.IDError},
		{name: "GOAWAY of no number", uni: [][]byte{slices.Concat([]byte{0}, settings, frame(http3.GoAway, []byte{0, 0}))}, want: http3.FrameError},
		{name: "control stream closed", uni: [][]byte{append([]byte{0}, settings...)}, closed: true, want: http3.ClosedCriticalStream},
		{name: "two control streams", uni: [][]byte{append([]byte{0}, settings...), {0}}, want: http3.StreamCreationError},
		{name: "push stream", uni: [][]byte{{1, 0}}, want: http3.StreamCreationError},
		{name: "two encoder streams", uni: [][]byte{{2}, {2}}, want: http3.StreamCreationError},
		{name: "insertion", uni: [][]byte{{2, 0xc0, 0}}, want: http3.EncoderStreamError},
		{name: "encoder stream closed", uni: [][]byte{{2, 0x20}}, closed: true, want: http3.ClosedCriticalStream},
		{name: "section acknowledged", uni: [][]byte{{3, 0x80}}, want: http3.DecoderStreamError},
		{name: "insertions acknowledged", uni: [][]byte{{3, 0x01}}, want: http3.DecoderStreamError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{origin(t, hello)})
			c := r.dialRaw()
			if tt.stream != nil {
				c.stream(tt.ends, tt.stream)
			}
			for i, p := range tt.uni {
				str := c.uni(p...)
				if tt.closed && i == len(tt.uni)-1 {
					_ = str.Close()
				}
			}
			if got := c.ended(); got != tt.want {
				t.Errorf("got code %#x, want %#x", got, tt.want)
			}
		})
	}
}

// Streams and frames that a connection ignores.
func TestH3Ignores(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dialRaw()
	grease := frame(0x21, []byte("grease"))
	c.uni(slices.Concat([]byte{0}, frame(http3.Settings, []byte{1, 0, 6, 1, 0x21, 5}), grease, frame(http3.MaxPushID, []byte{5}), frame(http3.GoAway, []byte{0}))...)
	c.uni(2, 0x20)
	c.uni(3, 0x44, 0x7f, 0x80, 0x01)
	_ = c.uni(0x40).Close() // ends before its type is complete
	refused := c.uni(0x40, 0x54, 1, 2, 3)
	<-refused.Context().Done()
	if got := codeOfReset(context.Cause(refused.Context())); got != http3.StreamCreationError {
		t.Errorf("stream of an unknown type: got code %#x", got)
	}
	a := c.answer(c.stream(true, grease, headers(pseudo("POST", "/")...), grease, frameData("a"), frameData(""), grease, frameData("b"), headers("x", "y"), grease))
	if a.status != 200 || a.body != "hello" {
		t.Errorf("got %+v", a)
	}
}

// A malformed request is reset, and the backend never receives it as a complete one (RFC
// 9114, 4.1.2 to 4.3.1), unless the excess arrives after the announced length: then the
// backend has already received a valid request.
func TestH3Malformed(t *testing.T) {
	leak.Check(t)
	data := frameData
	for _, tt := range []struct {
		name  string
		parts [][]byte
		want  http3.Code
	}{
		{"nothing", nil, http3.RequestIncomplete},
		{"no method", [][]byte{headers(":scheme", "https", ":authority", "a", ":path", "/")}, http3.MessageError},
		{"no scheme", [][]byte{headers(":method", "GET", ":authority", "a", ":path", "/")}, http3.MessageError},
		{"no path", [][]byte{headers(":method", "GET", ":scheme", "https", ":authority", "a")}, http3.MessageError},
		{"empty path", [][]byte{headers(pseudo("GET", "")...)}, http3.MessageError},
		{"no authority", [][]byte{headers(":method", "GET", ":scheme", "https", ":path", "/")}, http3.MessageError},
		{"method twice", [][]byte{headers(append([]string{":method", "GET"}, pseudo("GET", "/")...)...)}, http3.MessageError},
		{"unknown pseudo-header", [][]byte{headers(pseudo("GET", "/", ":status", "200")...)}, http3.MessageError},
		{"pseudo-header after a field", [][]byte{headers(":method", "GET", ":scheme", "https", "a", "b", ":authority", "a", ":path", "/")}, http3.MessageError},
		{"host that differs", [][]byte{headers(pseudo("GET", "/", "host", "other")...)}, http3.MessageError},
		{"upper case", [][]byte{headers(pseudo("GET", "/", "Accept", "*/*")...)}, http3.MessageError},
		{"colon in a name", [][]byte{headers(pseudo("GET", "/", "a:b", "c")...)}, http3.MessageError},
		{"CR LF in a value", [][]byte{headers(pseudo("GET", "/", "a", "b\r\nevil: 1")...)}, http3.MessageError},
		{"NUL in a value", [][]byte{headers(pseudo("GET", "/", "a", "b\x00")...)}, http3.MessageError},
		{"LF in the path", [][]byte{headers(pseudo("GET", "/ HTTP/1.1\nevil: 1")...)}, http3.MessageError},
		{"space in the method", [][]byte{headers(pseudo("GET / HTTP/1.1", "/")...)}, http3.MessageError},
		{"connection", [][]byte{headers(pseudo("GET", "/", "connection", "close")...)}, http3.MessageError},
		{"keep-alive", [][]byte{headers(pseudo("GET", "/", "keep-alive", "5")...)}, http3.MessageError},
		{"proxy-connection", [][]byte{headers(pseudo("GET", "/", "proxy-connection", "close")...)}, http3.MessageError},
		{"transfer-encoding", [][]byte{headers(pseudo("POST", "/", "transfer-encoding", "chunked")...), data("0\r\n\r\n")}, http3.MessageError},
		{"upgrade", [][]byte{headers(pseudo("GET", "/", "upgrade", "websocket")...)}, http3.MessageError},
		{"te", [][]byte{headers(pseudo("GET", "/", "te", "gzip")...)}, http3.MessageError},
		{"content-length, no body", [][]byte{headers(pseudo("POST", "/", "content-length", "5")...)}, http3.MessageError},
		{"content-length, body shorter", [][]byte{headers(pseudo("POST", "/", "content-length", "5")...), data("four")}, http3.MessageError},
		{"content-length, body longer", [][]byte{headers(pseudo("POST", "/", "content-length", "5")...), data("longer")}, http3.MessageError},
		{"content-length, body longer by a frame", [][]byte{headers(pseudo("POST", "/", "content-length", "5")...), data("hello"), data("!")}, http3.MessageError},
		{"content-length twice", [][]byte{headers(pseudo("POST", "/", "content-length", "5", "content-length", "6")...), data("hello")}, http3.MessageError},
		{"content-length with a sign", [][]byte{headers(pseudo("POST", "/", "content-length", "+5")...), data("hello")}, http3.MessageError},
		{"pseudo-header in trailers", [][]byte{headers(pseudo("POST", "/")...), data("x"), headers(":path", "/")}, http3.MessageError},
		{"content-length in trailers", [][]byte{headers(pseudo("POST", "/")...), data("x"), headers("content-length", "1")}, http3.MessageError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			late := strings.HasSuffix(tt.name, "by a frame")
			r := newRig(t, []string{origin(t, func(_ http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err == nil && !late {
					t.Errorf("the backend got a whole request with the body %q", body)
				}
			})})
			c := r.dialRaw()
			a := c.answer(c.stream(true, tt.parts...))
			if codeOfReset(a.err) != tt.want {
				t.Errorf("at once: got %+v, want a reset with %#x", a, tt.want)
			}
			if line := r.log.next(t); line["status"] != 400.0 || line["side"] != "client" {
				t.Errorf("access log has %v", line)
			}
			// The same bytes again, in several packets.
			str := c.stream(false)
			for _, p := range tt.parts {
				_, _ = str.Write(p[:len(p)/2])
				c.ping()
				_, _ = str.Write(p[len(p)/2:])
				c.ping()
			}
			_ = str.Close()
			if a := c.answer(str); codeOfReset(a.err) != tt.want && !late {
				t.Errorf("in pieces: got %+v, want a reset with %#x", a, tt.want)
			}
			if got := c.quic.Context().Err(); got != nil {
				t.Errorf("the connection has ended: %v", context.Cause(c.quic.Context()))
			}
		})
	}
}

// ping returns when everything that was sent before has arrived, because a later request
// was answered.
func (c *rawH3) ping() {
	c.t.Helper()
	c.answer(c.stream(true, headers(pseudo("OPTIONS", "/", "expect", "no-body-please")...)))
}

// A head that is too long is answered with 431.
func TestH3HeadTooLong(t *testing.T) {
	leak.Check(t)
	long := strings.Repeat("x", 8<<10)
	for name, pairs := range map[string][]string{
		"block":   slices.Concat(pseudo("GET", "/"), slices.Repeat([]string{"a", strings.Repeat("\x01", http3.MaxBlockBytes)}, 1)),
		"section": slices.Concat(pseudo("GET", "/"), slices.Repeat([]string{"a", long}, 9)),
		"fields":  slices.Concat(pseudo("GET", "/"), slices.Repeat([]string{"a", "b"}, http1.MaxFields+1)),
	} {
		r := newRig(t, []string{origin(t, hello)})
		c := r.dialRaw()
		if a := c.answer(c.stream(true, headers(pairs...))); a.status != 431 {
			t.Errorf("%s: got %+v", name, a)
		}
		if got := c.ask("/"); got != "hello" {
			t.Errorf("%s: got %q afterwards", name, got)
		}
	}
}

// Trailers and interim answers are forwarded in both directions.
func TestH3TrailersAndInterim(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		req, err := http.ReadRequest(p.r)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		p.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: Sum\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"3\r\nabc\r\n0\r\nSum: " + string(body) + req.Trailer.Get("Check") + "\r\n\r\n")
	})})
	c := r.dialRaw()
	a := c.answer(c.stream(true, headers(pseudo("POST", "/", "trailer", "check")...), frameData("12"), headers("check", "34")))
	if !slices.Equal(a.interim, []int{103}) || a.body != "abc" || a.trailers["sum"] != "1234" {
		t.Errorf("got %+v", a)
	}
}

// Long bodies in both directions at once are unchanged, and the windows are extended.
func TestH3LongBodies(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	})})
	const size = 8 << 20
	c := r.dialH3(nil)
	for _, known := range []bool{true, false} {
		req := c.request("POST", "/", newPattern(size))
		if known {
			req.ContentLength = size
		}
		resp, err := c.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := checkPattern(resp.Body); err != nil || n != size {
			t.Errorf("length known %v: got %d bytes, %v", known, n, err)
		}
		_ = resp.Body.Close()
		if line := r.log.next(t); line["status"] != 200.0 || line["err"] != nil {
			t.Errorf("access log has %v", line)
		}
	}
}

// A client that cancels its request frees the backend at once, and its connection
// stays open.
func TestH3Cancel(t *testing.T) {
	leak.Check(t)
	asked, left := make(chan struct{}, 1), make(chan struct{}, 1)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		if head := p.head(); !strings.HasPrefix(head, "GET /stuck") {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			return
		}
		asked <- struct{}{}
		p.wait()
		left <- struct{}{}
	})}, requestTimeout(time.Hour))
	c := r.dialRaw()
	str := c.stream(true, headers(pseudo("GET", "/stuck")...))
	<-asked
	str.CancelRead(quic.StreamErrorCode(http3.RequestCancelled))
	<-left
	if line := r.log.next(t); line["status"] != 499.0 || line["side"] != "client" {
		t.Errorf("access log has %v", line)
	}
	if got := c.ask("/"); got != "hello" {
		t.Errorf("got %q afterwards", got)
	}
	// All streams end with the connection.
	c.stream(true, headers(pseudo("GET", "/stuck")...))
	<-asked
	_ = c.quic.CloseWithError(0x100, "")
	<-left
}

// An answer that the backend breaks off is reset for the client.
func TestH3BackendBreaksOff(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
	})})
	c := r.dialRaw()
	a := c.answer(c.stream(true, headers(pseudo("GET", "/")...)))
	if codeOfReset(a.err) != http3.InternalError { // a reset may overtake the data before it
		t.Errorf("got %+v", a)
	}
}

// An answer may be complete before the request is. The client is asked to stop sending
// with H3_NO_ERROR.
func TestH3EarlyAnswer(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
		p.wait()
	})})
	c := r.dialRaw()
	str := c.stream(false, headers(pseudo("POST", "/", "content-length", "1000000")...), frameData("some"))
	if a := c.answer(str); a.status != 413 || a.body != "no" || a.err != nil {
		t.Errorf("got %+v", a)
	}
	<-str.Context().Done()
	if got := codeOfReset(context.Cause(str.Context())); got != http3.NoError {
		t.Errorf("got code %#x, want that of no error", got)
	}
}

// A body of unknown length that arrives together with the head reaches the backend
// with its length; a GET whose end arrives later has no body.
func TestH3Framing(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strconv.FormatInt(r.ContentLength, 10)+" "+strings.Join(r.TransferEncoding, ","))
	})})
	c := r.dialRaw()
	whole := slices.Concat(headers(pseudo("POST", "/")...), frameData("ab"), frameData("c"))
	waitFor(t, "a body in one packet", func() bool { // quic-go puts it into one packet most of the time
		return c.answer(c.stream(true, whole)).body == "3 "
	})
	str := c.stream(false, headers(pseudo("GET", "/")...))
	c.ask("/")
	_ = str.Close()
	if a := c.answer(str); a.body != "0 " && a.body != "-1 chunked" { // the latter after endTimeout
		t.Errorf("GET: got %+v", a)
	}
	str = c.stream(false, headers(pseudo("POST", "/")...), frameData("abc"))
	c.ask("/")
	_ = str.Close()
	if a := c.answer(str); a.body != "-1 chunked" {
		t.Errorf("POST: got %+v", a)
	}
}

// A head that is not completed in time is answered with 408, and so is a body that stops.
func TestH3Timeouts(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, limits(exchange.Limits{HeadTimeout: 50 * time.Millisecond, BodyTimeout: 50 * time.Millisecond}))
	c := r.dialRaw()
	for name, part := range map[string][]byte{
		"head": headers(pseudo("GET", "/")...)[:10],
		"body": slices.Concat(headers(pseudo("POST", "/", "content-length", "5")...), frameData("hello")[:3]),
	} {
		if a := c.answer(c.stream(false, part)); a.status != 408 {
			t.Errorf("%s: got %+v", name, a)
		}
	}
}

// A panic in one exchange ends its connection, not the process.
func TestH3Panic(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	cfg := *r.cfg
	cfg.Scheduler = panicking{}
	c := r.dialRaw()
	c.ask("/")
	r.lis.Swap(&cfg)
	c.stream(true, headers(pseudo("GET", "/")...))
	if got := c.ended(); got != http3.InternalError {
		t.Errorf("got code %#x", got)
	}
	r.lis.Swap(r.cfg)
	if got := r.dialRaw().ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// A pattern is a body in which every byte depends on its offset.
type pattern struct{ at, size int }

func newPattern(size int) io.Reader { return &pattern{size: size} }

func patternAt(i int) byte { return byte(i>>16 ^ i>>8 ^ i) }

func (p *pattern) Read(b []byte) (int, error) {
	n := min(len(b), p.size-p.at)
	for i := range n {
		b[i] = patternAt(p.at + i)
	}
	if p.at += n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// checkPattern reads a pattern until its end.
func checkPattern(r io.Reader) (n int, err error) {
	b := make([]byte, 32<<10)
	for {
		m, err := r.Read(b)
		for i := range m {
			if b[i] != patternAt(n+i) {
				return n + i, errors.New("wrong byte")
			}
		}
		n += m
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// BenchmarkH3 makes one request at a time on one connection, with quic-go's client.
func BenchmarkH3(b *testing.B) {
	for _, size := range []int{100, 16 << 10, 1 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			body := make([]byte, size)
			r := newRig(b, []string{origin(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })})
			c := r.dialH3(nil)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				c.get("/")
			}
		})
	}
}
