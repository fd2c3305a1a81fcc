package http3

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"elbow/internal/http1"
)

func frameOf(t FrameType, payload string) string {
	return string(AppendFrameHeader(nil, t, len(payload))) + payload
}

// seen formats what a Stream returned for some bytes: "H(…) B(…) T(…)", bodies
// joined, then how it ended.
func seen(parts ...string) string {
	var s Stream
	var out []string
	rest := ""
	body := func(p string) {
		if n := len(out) - 1; n >= 0 && strings.HasPrefix(out[n], "B(") {
			out[n] = out[n][:len(out[n])-1] + p + ")"
			return
		}
		out = append(out, "B("+p+")")
	}
	for _, part := range parts {
		src := []byte(rest + part)
		for {
			piece, payload, n, err := s.Next(src)
			src = src[n:]
			if err != nil {
				return strings.Join(append(out, err.Error()), " ")
			}
			if piece == Nothing {
				break
			}
			switch piece {
			case Head:
				out = append(out, "H("+string(payload)+")")
			case Trailers:
				out = append(out, "T("+string(payload)+")")
			case Body:
				body(string(payload))
			}
		}
		rest = string(src)
	}
	if err := s.End(len(rest)); err != nil {
		return strings.Join(append(out, err.Error()), " ")
	}
	return fmt.Sprintf("%s %d", strings.Join(out, " "), s.Size())
}

var streams = []struct{ name, send, want string }{
	{"head alone", frameOf(Headers, "h"), "H(h) 0"},
	{"body", frameOf(Headers, "h") + frameOf(Data, "one") + frameOf(Data, "two"), "H(h) B(onetwo) 6"},
	{"empty DATA", frameOf(Headers, "h") + frameOf(Data, "") + frameOf(Data, "x") + frameOf(Data, ""), "H(h) B(x) 1"},
	{"trailers", frameOf(Headers, "h") + frameOf(Data, "x") + frameOf(Headers, "t"), "H(h) B(x) T(t) 1"},
	{"trailers without a body", frameOf(Headers, "h") + frameOf(Headers, "t"), "H(h) T(t) 0"},
	{"unknown frames", frameOf(0x21, "") + frameOf(Headers, "h") + frameOf(0x21, "abc") + frameOf(Data, "x") + frameOf(0xf0701, "y") + frameOf(Headers, "t") + frameOf(0x40, "z"), "H(h) B(x) T(t) 1"},
	{"long payload", frameOf(Headers, strings.Repeat("h", 300)) + frameOf(Data, strings.Repeat("d", 20000)), "H(" + strings.Repeat("h", 300) + ") B(" + strings.Repeat("d", 20000) + ") 20000"},
	{"wide lengths", "\x40\x01\xc0\x00\x00\x00\x00\x00\x00\x01h\x80\x00\x00\x00\x40\x01d", "H(h) B(d) 1"},

	{"nothing", "", ErrIncomplete.Error()},
	{"unknown frame alone", frameOf(0x21, "x"), ErrIncomplete.Error()},
	{"DATA first", frameOf(Data, "x"), ErrUnexpected.Error()},
	{"HEADERS three times", frameOf(Headers, "h") + frameOf(Headers, "t") + frameOf(Headers, "u"), "H(h) T(t) " + ErrUnexpected.Error()},
	{"DATA after trailers", frameOf(Headers, "h") + frameOf(Headers, "t") + frameOf(Data, "x"), "H(h) T(t) " + ErrUnexpected.Error()},
	{"SETTINGS", frameOf(Headers, "h") + frameOf(Settings, ""), "H(h) " + ErrUnexpected.Error()},
	{"CANCEL_PUSH", frameOf(CancelPush, "\x00"), ErrUnexpected.Error()},
	{"PUSH_PROMISE", frameOf(PushPromise, "\x00"), ErrUnexpected.Error()},
	{"GOAWAY", frameOf(GoAway, "\x00"), ErrUnexpected.Error()},
	{"MAX_PUSH_ID", frameOf(MaxPushID, "\x00"), ErrUnexpected.Error()},
	{"PRIORITY of HTTP/2", frameOf(0x2, "12345"), ErrUnexpected.Error()},
	{"PING of HTTP/2", frameOf(0x6, "12345678"), ErrUnexpected.Error()},
	{"WINDOW_UPDATE of HTTP/2", frameOf(0x8, "1234"), ErrUnexpected.Error()},
	{"CONTINUATION of HTTP/2", frameOf(0x9, ""), ErrUnexpected.Error()},
	{"HEADERS cut off", frameOf(Headers, "head")[:4], ErrFrame.Error()},
	{"DATA cut off", frameOf(Headers, "h") + frameOf(Data, "body")[:4], "H(h) B(bo) " + ErrFrame.Error()},
	{"unknown frame cut off", frameOf(Headers, "h") + frameOf(0x21, "abc")[:3], "H(h) " + ErrFrame.Error()},
	{"frame header cut off", frameOf(Headers, "h") + "\x40", "H(h) " + ErrFrame.Error()},
	{"head too long", string(AppendFrameHeader(nil, Headers, MaxBlockBytes+1)), http1.ErrHeadLength.Error()},
	{"trailers too long", frameOf(Headers, "h") + string(AppendFrameHeader(nil, Headers, MaxBlockBytes+1)), "H(h) " + http1.ErrTrailerLength.Error()},
	{"more than can be", frameOf(Headers, "h") + "\x00\xff\xff\xff\xff\xff\xff\xff\xff", "H(h) " + ErrFrame.Error()},
}

func TestStream(t *testing.T) {
	for _, tt := range streams {
		if got := seen(tt.send); got != tt.want {
			t.Errorf("%s: got %.200s, want %.200s", tt.name, got, tt.want)
		}
	}
}

// However the bytes are split, they mean the same.
func TestStreamInPieces(t *testing.T) {
	for _, tt := range streams {
		if len(tt.send) > 1000 {
			continue
		}
		var single []string
		for i := range tt.send {
			single = append(single, tt.send[i:i+1])
			if got := seen(tt.send[:i], tt.send[i:]); got != tt.want {
				t.Errorf("%s, cut after %d: got %s, want %s", tt.name, i, got, tt.want)
			}
		}
		if got := seen(single...); got != tt.want {
			t.Errorf("%s, byte by byte: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A truncated stream is in error, or it is a complete shorter one.
func TestStreamTruncated(t *testing.T) {
	whole := frameOf(Headers, "head") + frameOf(Data, "body") + frameOf(Headers, "more")
	ends := []int{len(frameOf(Headers, "head")), len(frameOf(Headers, "head") + frameOf(Data, "body")), len(whole)}
	for n := range len(whole) {
		got := seen(whole[:n])
		if ok := !strings.Contains(got, "http3:"); ok != slices.Contains(ends, n) {
			t.Errorf("first %d bytes: got %s", n, got)
		}
	}
}

func TestStreamDoesNotAllocate(t *testing.T) {
	src := []byte(frameOf(Headers, "head") + frameOf(Data, "body") + frameOf(0x21, "x") + frameOf(Headers, "trailers"))
	if n := testing.AllocsPerRun(100, func() {
		var s Stream
		for b := src; ; {
			piece, _, n, err := s.Next(b)
			if b = b[n:]; piece == Nothing || err != nil {
				return
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzStream(f *testing.F) {
	for _, tt := range streams {
		f.Add([]byte(tt.send), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		whole := seen(string(b))
		cut = min(max(cut, 0), len(b))
		if got := seen(string(b[:cut]), string(b[cut:])); got != whole {
			t.Errorf("cut after %d: got %q, want %q", cut, got, whole)
		}
	})
}
