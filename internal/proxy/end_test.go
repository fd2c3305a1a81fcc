package proxy

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// A lateSender sends requests whose end, or body, arrives after the proxy has processed
// their head.
type lateSender interface {
	begin(method string)
	end(body string)     // in one frame, with the end of the stream
	more(payload string) // in one frame
	finish()             // END_STREAM, or the end of the QUIC stream, without data
	body() string        // of the answer
}

type late2 struct {
	*peer2
	id uint32
}

func (l *late2) begin(method string) {
	l.t.Helper()
	l.id = l.open(false, ":method: "+method, ":path: /late")
	l.settle()
}

// settle returns when the proxy has processed everything that was sent.
func (l *late2) settle() {
	l.t.Helper()
	l.ok(l.WritePing(false, [8]byte{1}))
	for {
		f, err := l.ReadFrame()
		l.ok(err)
		if strings.Contains(f.Header().String(), "PING flags=ACK") {
			return
		}
	}
}

func (l *late2) end(body string) { l.ok(l.WriteData(l.id, true, []byte(body))) }

func (l *late2) more(payload string) {
	l.ok(l.WriteData(l.id, false, []byte(payload)))
	l.settle()
}

func (l *late2) finish() { l.end("") }

func (l *late2) body() string { return l.wantStatus(l.id, "200") }

type late3 struct {
	*rawH3
	str io.WriteCloser
	got func() h3Answer
}

func (l *late3) begin(method string) {
	str := l.stream(false, headers(pseudo(method, "/late")...))
	l.str, l.got = str, func() h3Answer { return l.answer(str) }
	l.ask("/")
}

func (l *late3) end(body string) {
	_, _ = l.str.Write(frameData(body))
	_ = l.str.Close()
}

func (l *late3) more(payload string) {
	_, _ = l.str.Write(frameData(payload))
	l.ask("/")
}

func (l *late3) finish() { _ = l.str.Close() }

func (l *late3) body() string { return l.got().body }

// A request that usually has no body, and whose end arrives in a frame after its head, is
// forwarded without a body; if a body arrives, it is forwarded with it. The proxy waits no
// longer than necessary to find out.
func TestLateEnd(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name, method string
		patient      bool // the end arrives before the proxy stops waiting
		send         func(l lateSender, sentOn func())
		want         string // framing and body at the backend
	}{
		{"GET, an empty frame", "GET", true, func(l lateSender, _ func()) { l.end("") }, "0 - "},
		{"GET, an empty frame, then the end", "GET", true, func(l lateSender, _ func()) { l.more(""); l.finish() }, "0 - "},
		{"DELETE, an empty frame", "DELETE", true, func(l lateSender, _ func()) { l.end("") }, "0 - "},
		{"OPTIONS, an empty frame", "OPTIONS", true, func(l lateSender, _ func()) { l.end("") }, "0 - "},
		{"GET, the end too late", "GET", false, func(l lateSender, sentOn func()) { sentOn(); l.end("") }, "-1 chunked "},
		{"GET, a body", "GET", true, func(l lateSender, sentOn func()) { l.more("hello"); sentOn(); l.finish() }, "-1 chunked hello"},
		{"POST, an empty frame", "POST", false, func(l lateSender, sentOn func()) { sentOn(); l.end("") }, "-1 chunked "},
	} {
		for _, v := range []version{http20, http30} {
			t.Run(string(v)+", "+tt.name, func(t *testing.T) {
				leak.Check(t)
				heard := make(chan struct{}, 1)
				backend := origin(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/late" {
						heard <- struct{}{}
					}
					coding := strings.Join(r.TransferEncoding, "")
					if coding == "" {
						coding = "-"
					}
					body, _ := io.ReadAll(r.Body)
					_, _ = io.WriteString(w, strconv.FormatInt(r.ContentLength, 10)+" "+coding+" "+string(body))
				})
				l := exchange.Limits{EndTimeout: patience}
				if !tt.patient {
					l.EndTimeout = 1
				}
				r := newRig(t, []string{backend}, limits(l))
				var s lateSender = &late2{peer2: r.dialFrames()}
				if v == http30 {
					s = &late3{rawH3: r.dialRaw()}
				}
				s.begin(tt.method)
				tt.send(s, func() { await(t, heard) }) // until the head was forwarded without the end
				if got := s.body(); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		}
	}
}

func await(t *testing.T, c <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-c:
	case <-ctx.Done():
		t.Fatal("nothing came")
	}
}

// Trailers are forwarded even if the end of their stream arrives after them.
func TestH3TrailersBeforeTheEnd(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, string(body)+" "+r.Trailer.Get("X-Sum"))
	})})
	c := r.dialRaw()
	str := c.stream(false, headers(pseudo("POST", "/", "trailer", "x-sum")...), frameData("hello"))
	c.ask("/")
	_, _ = str.Write(headers("x-sum", "7"))
	c.ask("/") // when it is answered, the trailers have arrived
	_ = str.Close()
	if a := c.answer(str); a.body != "hello 7" {
		t.Errorf("got %+v", a)
	}
}
