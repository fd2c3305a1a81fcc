package http3

import (
	"strings"
	"testing"
)

// controlled feeds a Control and returns its error, nil for none, and the bytes
// it left.
func controlled(parts ...string) (rest string, err error) {
	var c Control
	for _, part := range parts {
		rest += part
		n, err := c.Next([]byte(rest))
		if err != nil {
			return rest, err
		}
		rest = rest[n:]
	}
	return rest, nil
}

var settings = frameOf(Settings, "\x01\x00\x06\x40\x64\x08\x01\x33\x00\x40\x21\x05")

var controls = []struct {
	name, send string
	want       error
}{
	{"nothing", "", nil},
	{"settings", settings, nil},
	{"no settings at all", frameOf(Settings, ""), nil},
	{"everything allowed", settings + frameOf(MaxPushID, "\x05") + frameOf(GoAway, "\x09") + frameOf(0x21, strings.Repeat("x", 5000)) + frameOf(GoAway, "\x09") + frameOf(GoAway, "\x00") + frameOf(MaxPushID, "\x05") + frameOf(MaxPushID, "\x40\x50"), nil},
	{"unknown frame first", frameOf(0x21, ""), ErrNoSettings},
	{"GOAWAY first", frameOf(GoAway, "\x00"), ErrNoSettings},
	{"SETTINGS twice", settings + settings, ErrUnexpected},
	{"DATA", settings + frameOf(Data, ""), ErrUnexpected},
	{"HEADERS", settings + frameOf(Headers, ""), ErrUnexpected},
	{"PUSH_PROMISE", settings + frameOf(PushPromise, "\x00"), ErrUnexpected},
	{"PING of HTTP/2", settings + frameOf(0x6, "12345678"), ErrUnexpected},
	{"CANCEL_PUSH", settings + frameOf(MaxPushID, "\x05") + frameOf(CancelPush, "\x01"), ErrPushID},
	{"MAX_PUSH_ID taken back", settings + frameOf(MaxPushID, "\x05") + frameOf(MaxPushID, "\x04"), ErrPushID},
	{"GOAWAY that grows", settings + frameOf(GoAway, "\x05") + frameOf(GoAway, "\x06"), ErrGoAwayID},
	{"GOAWAY without an id", settings + frameOf(GoAway, ""), ErrFrame},
	{"GOAWAY with more than an id", settings + frameOf(GoAway, "\x01\x01"), ErrFrame},
	{"GOAWAY with half an id", settings + frameOf(GoAway, "\x40"), ErrFrame},
	{"settings of HTTP/2", frameOf(Settings, "\x02\x00"), ErrSetting},
	{"reserved setting 0", frameOf(Settings, "\x00\x00"), ErrSetting},
	{"setting twice", frameOf(Settings, "\x06\x01\x06\x02"), ErrSetting},
	{"extended CONNECT neither on nor off", frameOf(Settings, "\x08\x02"), ErrSetting},
	{"datagrams neither on nor off", frameOf(Settings, "\x33\x02"), ErrSetting},
	{"setting without a value", frameOf(Settings, "\x06"), ErrFrame},
	{"half a setting", frameOf(Settings, "\x06\x40"), ErrFrame},
	{"long SETTINGS", string(AppendFrameHeader(nil, Settings, maxControlFrame+1)), ErrControlLength},
	{"many settings", frameOf(Settings, manySettings()), ErrControlLength},
}

func manySettings() string {
	var s []byte
	for id := range uint64(maxSettings + 1) {
		s = appendVarint(appendVarint(s, 0x40+id), 0)
	}
	return string(s)
}

func TestControl(t *testing.T) {
	for _, tt := range controls {
		var single []string
		for i := range tt.send {
			single = append(single, tt.send[i:i+1])
			if _, got := controlled(tt.send[:i], tt.send[i:]); got != tt.want {
				t.Errorf("%s, cut after %d: got %v, want %v", tt.name, i, got, tt.want)
			}
		}
		for how, parts := range map[string][]string{"whole": {tt.send}, "byte by byte": single} {
			rest, got := controlled(parts...)
			if got != tt.want || got == nil && rest != "" {
				t.Errorf("%s, %s: got %v with %d bytes left, want %v", tt.name, how, got, len(rest), tt.want)
			}
		}
	}
}

// A Control never needs more than ControlBytes in the buffer.
func FuzzControl(f *testing.F) {
	for _, tt := range controls {
		f.Add([]byte(tt.send), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = min(max(cut, 0), len(b))
		rest, whole := controlled(string(b))
		if whole == nil && len(rest) > ControlBytes {
			t.Errorf("%d bytes are kept", len(rest))
		}
		if _, got := controlled(string(b[:cut]), string(b[cut:])); got != whole {
			t.Errorf("cut after %d: got %v, want %v", cut, got, whole)
		}
	})
}

func TestGreeting(t *testing.T) {
	b := AppendGreeting(nil)
	kind, n := ReadStreamType(b)
	if kind != ControlStream {
		t.Errorf("got a stream of type %d", kind)
	}
	if rest, err := controlled(string(b[n:])); err != nil || rest != "" {
		t.Errorf("a peer would say %v, and have %q left", err, rest)
	}
}

func TestQPACKStreams(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"nothing said", CheckEncoder(nil), nil},
		{"capacity 0", CheckEncoder([]byte{0x20, 0x20}), nil},
		{"capacity 1", CheckEncoder([]byte{0x21}), ErrEncoder},
		{"insertion", CheckEncoder([]byte{0x20, 0xc0}), ErrEncoder},
		{"duplicate", CheckEncoder([]byte{0x00}), ErrEncoder},
		{"cancellations", new(Decoder).Check([]byte{0x40, 0x7f, 0x80, 0x80, 0x01, 0x41}), nil},
		{"acknowledgement", new(Decoder).Check([]byte{0x40, 0x80}), ErrDecoder},
		{"increment", new(Decoder).Check([]byte{0x01}), ErrDecoder},
	} {
		if tt.err != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
		}
	}
}

func TestVarint(t *testing.T) {
	for _, tt := range []struct {
		v     uint64
		bytes string
	}{
		// RFC 9000, A.1
		{151288809941952652, "\xc2\x19\x7c\x5e\xff\x14\xe8\x8c"},
		{494878333, "\x9d\x7f\x3e\x7d"},
		{15293, "\x7b\xbd"},
		{37, "\x25"},
		{0, "\x00"},
		{63, "\x3f"},
		{64, "\x40\x40"},
		{16383, "\x7f\xff"},
		{16384, "\x80\x00\x40\x00"},
		{1<<30 - 1, "\xbf\xff\xff\xff"},
		{1 << 30, "\xc0\x00\x00\x00\x40\x00\x00\x00"},
		{maxVarint, "\xff\xff\xff\xff\xff\xff\xff\xff"},
	} {
		if got := string(appendVarint(nil, tt.v)); got != tt.bytes || varintLen(tt.v) != len(got) {
			t.Errorf("%d: got %x of length %d", tt.v, got, varintLen(tt.v))
		}
		for n := range len(tt.bytes) + 1 {
			v, got := readVarint([]byte(tt.bytes[:n]))
			if n == len(tt.bytes) && (v != tt.v || got != n) || n < len(tt.bytes) && got != 0 {
				t.Errorf("%x: got %d of %d bytes, want %d", tt.bytes[:n], v, got, tt.v)
			}
		}
	}
	if v, n := readVarint([]byte("\x40\x25")); v != 37 || n != 2 { // RFC 9000, A.1
		t.Errorf("got %d of %d bytes, want 37", v, n)
	}
}
