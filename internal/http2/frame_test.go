package http2

import (
	"bytes"
	"testing"

	"golang.org/x/net/http2"
)

// A truncated frame is not returned, a complete one is, whatever follows.
func TestNextCut(t *testing.T) {
	whole := AppendPing(nil, Ack, []byte("12345678"))
	for n := range whole {
		if _, got, err := Next(whole[:n]); got != 0 || err != nil {
			t.Errorf("first %d bytes: got %d, %v", n, got, err)
		}
	}
	f, n, err := Next(append(whole, "more"...))
	if n != len(whole) || err != nil || f.Type != Ping || !f.Has(Ack) || string(f.Payload) != "12345678" {
		t.Errorf("got %+v, %d, %v", f, n, err)
	}
}

// A frame that is too long is refused before all of it has arrived.
func TestNextTooLong(t *testing.T) {
	if _, _, err := Next(AppendHeader(nil, MaxFrame+1, Data, 0, 1)); err != ErrFrameSize {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		frame Frame
		want  error
	}{
		{Frame{Type: Data, Stream: 1}, nil},
		{Frame{Type: Data}, ErrStreamID},
		{Frame{Type: Headers}, ErrStreamID},
		{Frame{Type: Continuation}, ErrStreamID},
		{Frame{Type: Priority, Stream: 1, Payload: make([]byte, 5)}, nil},
		{Frame{Type: Priority, Stream: 1, Payload: make([]byte, 4)}, ErrPrioritySize},
		{Frame{Type: Priority, Payload: make([]byte, 5)}, ErrStreamID},
		{Frame{Type: ResetStream, Stream: 1, Payload: make([]byte, 4)}, nil},
		{Frame{Type: ResetStream, Payload: make([]byte, 4)}, ErrStreamID},
		{Frame{Type: ResetStream, Stream: 1, Payload: make([]byte, 3)}, ErrFrameSize},
		{Frame{Type: Settings}, nil},
		{Frame{Type: Settings, Flags: Ack}, nil},
		{Frame{Type: Settings, Flags: Ack, Payload: make([]byte, 6)}, ErrFrameSize},
		{Frame{Type: Settings, Payload: make([]byte, 5)}, ErrFrameSize},
		{Frame{Type: Settings, Stream: 1}, ErrStreamID},
		{Frame{Type: Ping, Payload: make([]byte, 8)}, nil},
		{Frame{Type: Ping, Payload: make([]byte, 7)}, ErrFrameSize},
		{Frame{Type: Ping, Stream: 1, Payload: make([]byte, 8)}, ErrStreamID},
		{Frame{Type: GoAway, Payload: make([]byte, 8)}, nil},
		{Frame{Type: GoAway, Payload: make([]byte, 7)}, ErrFrameSize},
		{Frame{Type: GoAway, Stream: 3, Payload: make([]byte, 8)}, ErrStreamID},
		{Frame{Type: WindowUpdate, Payload: make([]byte, 4)}, nil},
		{Frame{Type: WindowUpdate, Stream: 1, Payload: make([]byte, 5)}, ErrFrameSize},
		{Frame{Type: PushPromise, Stream: 1}, ErrPush},
		{Frame{Type: 0xb0, Stream: 1}, nil},
	} {
		if got := tt.frame.Check(); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.frame, got, tt.want)
		}
	}
}

func TestUnpad(t *testing.T) {
	for _, tt := range []struct {
		frame Frame
		want  string
		err   error
	}{
		{Frame{Type: Data, Payload: []byte("abc")}, "abc", nil},
		{Frame{Type: Data, Flags: Padded, Payload: []byte("\x02abc")}, "a", nil},
		{Frame{Type: Data, Flags: Padded, Payload: []byte("\x03abc")}, "", nil},
		{Frame{Type: Data, Flags: Padded, Payload: []byte("\x04abc")}, "", ErrPadding},
		{Frame{Type: Data, Flags: Padded}, "", ErrFrameSize},
		{Frame{Type: Data, Flags: HasPriority, Payload: []byte("abc")}, "abc", nil},
		{Frame{Type: Headers, Stream: 3, Flags: HasPriority, Payload: []byte("\x00\x00\x00\x01\x10abc")}, "abc", nil},
		{Frame{Type: Headers, Stream: 1, Flags: HasPriority, Payload: []byte("\x80\x00\x00\x01\x10abc")}, "abc", ErrSelfDependency},
		{Frame{Type: Headers, Stream: 3, Flags: HasPriority, Payload: []byte("abc")}, "", ErrFrameSize},
		{Frame{Type: Headers, Stream: 3, Flags: HasPriority | Padded, Payload: []byte("\x01\x00\x00\x00\x01\x10abc")}, "ab", nil},
	} {
		got, err := tt.frame.Unpad()
		if err != tt.err || string(got) != tt.want {
			t.Errorf("%+v: got %q, %v, want %q, %v", tt.frame, got, err, tt.want, tt.err)
		}
	}
}

func TestCheckPriority(t *testing.T) {
	f := Frame{Type: Priority, Stream: 5, Payload: []byte{0x80, 0, 0, 5, 1}}
	if err := f.CheckPriority(); err != ErrSelfDependency {
		t.Errorf("got %v", err)
	}
	f.Payload[3] = 3
	if err := f.CheckPriority(); err != nil {
		t.Errorf("got %v", err)
	}
}

// Appended frames are read as intended by another implementation.
func TestAppendedFrames(t *testing.T) {
	raw := AppendGreeting(nil)
	raw = AppendReset(raw, 5, Cancel)
	raw = AppendWindowUpdate(raw, 7, 1000)
	raw = AppendPing(raw, Ack, []byte("12345678"))
	raw = AppendGoAway(raw, 9, EnhanceYourCalm)
	fr := http2.NewFramer(nil, bytes.NewReader(raw))
	next := func() http2.Frame {
		f, err := fr.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	settings := next().(*http2.SettingsFrame)
	for id, want := range map[http2.SettingID]uint32{
		http2.SettingMaxConcurrentStreams: MaxStreams, http2.SettingInitialWindowSize: StreamWindow,
		http2.SettingMaxHeaderListSize: MaxListBytes, http2.SettingEnableConnectProtocol: 1,
	} {
		if got, ok := settings.Value(id); !ok || got != want {
			t.Errorf("%v: got %d, want %d", id, got, want)
		}
	}
	if f := next().(*http2.WindowUpdateFrame); f.StreamID != 0 || f.Increment+65535 != ConnWindow {
		t.Errorf("got %v", f)
	}
	if f := next().(*http2.RSTStreamFrame); f.StreamID != 5 || f.ErrCode != http2.ErrCodeCancel {
		t.Errorf("got %v", f)
	}
	if f := next().(*http2.WindowUpdateFrame); f.StreamID != 7 || f.Increment != 1000 {
		t.Errorf("got %v", f)
	}
	if f := next().(*http2.PingFrame); !f.IsAck() || string(f.Data[:]) != "12345678" {
		t.Errorf("got %v", f)
	}
	if f := next().(*http2.GoAwayFrame); f.LastStreamID != 9 || f.ErrCode != http2.ErrCodeEnhanceYourCalm {
		t.Errorf("got %v", f)
	}
}

// The frames of a header block are as long as may be, and only the last one ends it. The
// first block on a connection has the size update in front.
func TestAppendBlock(t *testing.T) {
	for _, length := range []int{0, 1, MaxFrame - 1, MaxFrame, MaxFrame + 1, 2*MaxFrame - 1, 2 * MaxFrame, 2*MaxFrame + 1} {
		for _, first := range []bool{false, true} {
			want := bytes.Repeat([]byte("x"), length)
			b := AppendBlock([]byte("before"), 7, want, EndStream, first)[len("before"):]
			if first {
				want = append([]byte{0x20}, want...)
			}
			var got []byte
			for i := 0; len(b) > 0; i++ {
				f, n, err := Next(b)
				if err != nil || n == 0 {
					t.Fatalf("%d bytes, first is %t: frame %d: got %d, %v", length, first, i, n, err)
				}
				b, got = b[n:], append(got, f.Payload...)
				wanted := Frame{Type: Headers, Flags: EndStream, Stream: 7}
				if i > 0 {
					wanted.Type, wanted.Flags = Continuation, 0
				}
				if len(b) == 0 {
					wanted.Flags |= EndHeaders
				} else if len(f.Payload) != MaxFrame {
					t.Errorf("%d bytes, first is %t: frame %d has %d", length, first, i, len(f.Payload))
				}
				if f.Type != wanted.Type || f.Flags != wanted.Flags || f.Stream != wanted.Stream {
					t.Errorf("%d bytes, first is %t: frame %d is %v, %v, %d", length, first, i, f.Type, f.Flags, f.Stream)
				}
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes, first is %t: got %d bytes", length, first, len(got))
			}
		}
	}
}

func TestPeerWindow(t *testing.T) {
	one := func(id setting, value uint32) []byte {
		return []byte{byte(id >> 8), byte(id), byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}
	}
	for _, tt := range []struct {
		payload []byte
		want    int64
		err     error
	}{
		{nil, 7, nil},
		{one(initialWindowSize, 100), 100, nil},
		{one(initialWindowSize, 0), 0, nil},
		{append(one(initialWindowSize, 100), one(initialWindowSize, 200)...), 200, nil},
		{one(initialWindowSize, 1<<31-1), 1<<31 - 1, nil},
		{one(initialWindowSize, 1<<31), 7, ErrWindowSetting},
		{one(enablePush, 0), 7, nil},
		{one(enablePush, 2), 7, ErrSetting},
		{one(maxFrameSize, MaxFrame), 7, nil},
		{one(maxFrameSize, MaxFrame-1), 7, ErrSetting},
		{one(maxFrameSize, 1<<24), 7, ErrSetting},
		{one(headerTableSize, 1<<31), 7, nil},
		{one(0xaaaa, 1<<31), 7, nil},
	} {
		if got, err := PeerWindow(tt.payload, 7); got != tt.want || err != tt.err {
			t.Errorf("%x: got %d, %v, want %d, %v", tt.payload, got, err, tt.want, tt.err)
		}
	}
}

func TestWindow(t *testing.T) {
	w := NewWindow
	if !w.Add(-100000) || w != 65535-100000 {
		t.Errorf("got %d", w)
	}
	if !w.Add(maxWindow) || !w.Add(100000-65535) || w != maxWindow {
		t.Errorf("got %d", w)
	}
	if w.Add(1) {
		t.Errorf("%d is let through", w)
	}
}

// A frame takes no more than the smaller window and one frame allow, from both windows.
func TestReserve(t *testing.T) {
	for _, tt := range []struct {
		stream, conn Window
		want, got    int
	}{
		{100, 200, 50, 50},
		{100, 200, 150, 100},
		{200, 100, 150, 100},
		{1 << 20, 1 << 20, 1 << 20, MaxFrame},
		{0, 100, 50, 0},
		{100, 0, 50, 0},
		{-10, 100, 50, 0},
		{100, -10, 50, 0},
	} {
		stream, conn := tt.stream, tt.conn
		if n := Reserve(&stream, &conn, tt.want); n != tt.got {
			t.Errorf("windows of %d and %d, want %d: got %d, want %d", tt.stream, tt.conn, tt.want, n, tt.got)
		}
		if taken := Window(tt.got); stream != tt.stream-taken || conn != tt.conn-taken {
			t.Errorf("windows of %d and %d, want %d: left %d and %d", tt.stream, tt.conn, tt.want, stream, conn)
		}
	}
}

// A peer's window is returned in large pieces, for drained bytes and no more, and
// is never exhausted while nothing is buffered.
func TestCredit(t *testing.T) {
	c := Credit{Size: 1000}
	sent, told := 0, 0
	for range 100 {
		n := min(300, 1000-(sent-told))
		if n == 0 {
			t.Fatal("the peer may send no more although all is drained")
		}
		if !c.Take(n) {
			t.Fatalf("%d bytes within the window are refused", n)
		}
		sent += n
		if u := c.Drain(n); u > 0 {
			if told += u; u < 500 || told > sent {
				t.Fatalf("update of %d, %d in all of %d", u, told, sent)
			}
		}
	}
	if c.Take(1001 - (sent - told)) {
		t.Error("more than the window is let through")
	}
}

func TestMeters(t *testing.T) {
	for kind, l := range meterLimits {
		var m Meters
		now := int64(1)
		for n := range l.burst {
			if m.Over(Kind(kind), now) {
				t.Fatalf("kind %d: over after %d of %d", kind, n, l.burst)
			}
		}
		if !m.Over(Kind(kind), now) {
			t.Errorf("kind %d: not over after the burst", kind)
		}
		now += 2 * int64(l.every)
		if m.Over(Kind(kind), now) {
			t.Errorf("kind %d: over although time has passed", kind)
		}
		if !m.Over(Kind(kind), now) {
			t.Errorf("kind %d: not over any more", kind)
		}
	}
	if !Small(255, 1000) || Small(255, 255) || Small(256, 1000) {
		t.Error("Small")
	}
}
