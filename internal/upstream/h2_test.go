package upstream

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	ours "elbow/internal/http2"
	"elbow/internal/leak"
)

// Streams share connections, as many on each as the backend allows, and those
// that end make room for others.
func TestStreamsShareConnections(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct{ allowed, streams, want int }{
		{1000, 250, 3},
		{100, 250, 3},
		{50, 101, 3},
		{1, 5, 5},
	} {
		b := newBackend(t)
		p := b.pool(t, Options{})
		// The first stream reveals the limit: before it is known, more are
		// assumed.
		first, _ := b.must(t, p, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(tt.allowed)})
		all := open(p, tt.streams-1)
		for range tt.want - 1 {
			b.peer(t, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(tt.allowed)})
		}
		streams := []*Stream{first}
		for range tt.streams - 1 {
			o := <-all
			if o.err != nil {
				t.Fatal(o.err)
			}
			streams = append(streams, o.s)
		}
		for range 2 {
			for _, s := range streams {
				s.Release(true)
			}
			if got := p.Idle(); got != tt.want {
				t.Errorf("%v: %d connections are idle, want all", tt, got)
			}
			for i := range streams {
				var err error
				if streams[i], err = p.OpenStream(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := p.Counts().Dials; got != uint64(tt.want) {
			t.Errorf("%v: got %d connections, want %d", tt, got, tt.want)
		}
		for _, s := range streams {
			s.Release(true)
		}
	}
}

// Streams that are opened before the limit is known find a connection, too.
func TestStreamsWaitForSettings(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	all := open(p, 8)
	for range 4 {
		b.peer(t, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 2})
	}
	for range 8 {
		o := <-all
		if o.err != nil {
			t.Fatal(o.err)
		}
		defer o.s.Release(true)
	}
}

// A backend that allows no streams, or does not speak HTTP/2, or sends nothing at
// all, is an error, and leaks nothing.
func TestStreamRefusedByBackend(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name   string
		answer func(b *backend)
		want   error
	}{
		{"no streams", func(b *backend) { b.peer(t, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0}) }, errNoRoom},
		{"HTTP/1.1", func(b *backend) { _, _ = io.WriteString(<-b.accepted, "HTTP/1.1 400 Bad Request\r\n\r\n") }, errNotH2},
		{"silence", func(b *backend) { <-b.accepted }, os.ErrDeadlineExceeded},
		{"the end", func(b *backend) { _ = (<-b.accepted).Close() }, nil},
		{"other frames first", func(b *backend) { _, _ = (<-b.accepted).Write([]byte("\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678")) }, ours.ErrPreface},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBackend(t)
			within := patience
			if tt.want == os.ErrDeadlineExceeded {
				within = 200 * time.Millisecond
			}
			p := b.pool(t, Options{DialTimeout: within})
			all := open(p, 1)
			tt.answer(b)
			if o := <-all; o.err == nil || tt.want != nil && !errors.Is(o.err, tt.want) {
				t.Errorf("got %v, want %v", o.err, tt.want)
			}
			if got := p.Idle(); got != 0 {
				t.Errorf("%d connections are left", got)
			}
		})
	}
}

// A complete exchange: request with body and trailers, answer with an interim
// head, body and trailers.
func TestStream(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, peer := b.must(t, p)
	if err := s.Send([]byte{0x83, 0x86, 0x84}, []byte("hel"), false, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]byte("lo"), false); err != nil {
		t.Fatal(err)
	}
	if err := s.Trailers(block("", "a", "b")); err != nil {
		t.Fatal(err)
	}
	head := frame[*http2.MetaHeadersFrame](peer)
	if got := head.PseudoValue("method"); got != "POST" {
		t.Errorf("got method %q", got)
	}
	got := ""
	for len(got) < len("hello") {
		got += string(frame[*http2.DataFrame](peer).Data())
	}
	if end := frame[*http2.MetaHeadersFrame](peer); got != "hello" || !end.StreamEnded() || end.Fields[0].Name != "a" {
		t.Errorf("got %q and %v", got, end)
	}
	peer.ok(peer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block("103"), EndHeaders: true}))
	peer.answer(1, "there")

	for range 2 {
		if block, ended, err := s.Head(nil, soon()); len(block) == 0 || ended || err != nil {
			t.Fatalf("got head %x, ended %v, %v", block, ended, err)
		}
	}
	var body, trailers []byte
	for ended := false; !ended; {
		if err := s.Await(soon()); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 3)
		n, block, last, err := s.Take(buf, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, trailers, ended = append(body, buf[:n]...), block, last
	}
	if string(body) != "there" || len(trailers) == 0 {
		t.Errorf("got body %q, trailers %x", body, trailers)
	}
	s.Release(true)
	if got := p.Idle(); got != 1 {
		t.Errorf("%d connections are idle, want 1", got)
	}
}

// Streams above the last one of a GOAWAY may be sent again, the others complete,
// and new ones use other connections.
func TestStreamGoAway(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	first, peer := b.must(t, p)
	second, err := p.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	late, err := p.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	ask(t, first)
	ask(t, second)
	peer.ok(peer.WriteGoAway(1, http2.ErrCodeNo, nil))
	if _, _, err := second.Head(nil, soon()); err != ErrUnprocessed {
		t.Errorf("above the last: got %v", err)
	}
	if err := late.Send([]byte{0x83, 0x86, 0x84}, nil, true, true); err != ErrUnprocessed {
		t.Errorf("not sent yet: got %v", err)
	}
	other, _ := b.must(t, p)
	peer.answer(1, "x")
	if _, _, err := first.Head(nil, soon()); err != nil {
		t.Errorf("up to the last: got %v", err)
	}
	for _, s := range []*Stream{first, second, late, other} {
		s.Release(false)
	}
	peer.wantEnd(http2.ErrCodeNo)
	if got := p.Idle(); got != 1 {
		t.Errorf("%d connections are idle, want the second one", got)
	}
}

// A stream that the backend resets ends with its code; a refused one may be sent
// again, and the next one finds another connection.
func TestStreamReset(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, peer := b.must(t, p)
	ask(t, s)
	peer.ok(peer.WriteRSTStream(1, http2.ErrCodeInternal))
	var reset *ResetError
	if _, _, err := s.Head(nil, soon()); !errors.As(err, &reset) || reset.Code != ours.InternalError {
		t.Errorf("got %v", err)
	}
	s.Release(false)
	s, err := p.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	ask(t, s)
	peer.ok(peer.WriteRSTStream(3, http2.ErrCodeRefusedStream))
	if _, _, err := s.Head(nil, soon()); err != ErrUnprocessed {
		t.Errorf("refused: got %v", err)
	}
	s.Release(false)
}

// A stream that its owner gives up is reset once, whoever closes it.
func TestStreamClose(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, peer := b.must(t, p)
	ask(t, s)
	ended := make(chan error, 1)
	go func() { // ends with Close
		_, _, err := s.Head(nil, soon())
		ended <- err
	}()
	s.Grip().Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := s.Write([]byte("x"), false); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write behind it: got %v", err)
	}
	s.Release(false)
	if f := frame[*http2.RSTStreamFrame](peer); f.StreamID != 1 || f.ErrCode != http2.ErrCodeCancel {
		t.Errorf("got %v", f)
	}
	peer.ok(peer.WriteData(1, false, make([]byte, 100))) // already in flight: no harm
	peer.ok(peer.WritePing(false, [8]byte{1}))
	if f := frame[*http2.PingFrame](peer); !f.IsAck() {
		t.Errorf("got %v", f)
	}
}

// A backend sends no more than the window that the owner grants.
func TestStreamWindow(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, peer := b.must(t, p)
	defer s.Release(false)
	ask(t, s)
	peer.ok(peer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block("200"), EndHeaders: true}))
	for sent := 0; sent < ours.BackendStreamWindow; sent += ours.MaxFrame {
		peer.ok(peer.WriteData(1, false, make([]byte, ours.MaxFrame)))
	}
	if _, _, err := s.Head(nil, soon()); err != nil {
		t.Fatal(err)
	}
	for got := 0; got < ours.BackendStreamWindow/2; {
		if err := s.Await(soon()); err != nil {
			t.Fatal(err)
		}
		n, _, _, err := s.Take(make([]byte, 1000), nil)
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if f := frame[*http2.WindowUpdateFrame](peer); f.StreamID != 0 || f.Increment != ours.BackendConnWindow-65535 {
		t.Errorf("got %v, want the greeting's", f)
	}
	if f := frame[*http2.WindowUpdateFrame](peer); f.StreamID != 1 || f.Increment < ours.BackendStreamWindow/2 {
		t.Errorf("got %v, want half of the stream's window", f)
	}
	peer.ok(peer.WriteData(1, false, make([]byte, ours.MaxFrame)))
	for range ours.BackendStreamWindow / ours.MaxFrame {
		peer.ok(peer.WriteData(1, false, make([]byte, ours.MaxFrame)))
	}
	if f := frame[*http2.RSTStreamFrame](peer); f.ErrCode != http2.ErrCodeFlowControl {
		t.Errorf("over the window: got %v", f)
	}
}

// A writer sends no more than the backend's window, and gives up when none is
// granted for too long.
func TestStreamWriteWaits(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, peer := b.must(t, p, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
	defer s.Release(false)
	written := make(chan error, 1)
	go func() { // ends when there is room
		written <- s.Send([]byte{0x83, 0x86, 0x84}, []byte("0123456789abcdef"), true, true)
	}()
	if f := frame[*http2.DataFrame](peer); string(f.Data()) != "0123456789" {
		t.Errorf("got %q", f.Data())
	}
	peer.ok(peer.WriteWindowUpdate(1, 100))
	if f := frame[*http2.DataFrame](peer); string(f.Data()) != "abcdef" || !f.StreamEnded() {
		t.Errorf("got %q", f.Data())
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	other, err := p.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release(false)
	other.StallAfter(10 * time.Millisecond)
	if err := other.Send([]byte{0x83, 0x86, 0x84}, make([]byte, 11), true, true); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// Unused connections end by themselves, with a GOAWAY.
func TestStreamIdleConnectionEnds(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{MaxIdleAge: 40 * time.Millisecond})
	s, peer := b.must(t, p)
	s.Release(true)
	peer.wantEnd(http2.ErrCodeNo)
	if got := p.Idle(); got != 0 {
		t.Errorf("%d are left", got)
	}
}

// Close does not affect exchanges in flight, Cut ends them.
func TestStreamPoolEnds(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, peer := b.must(t, p)
	ask(t, s)
	p.Close()
	peer.answer(1, "x")
	if _, _, err := s.Head(nil, soon()); err != nil {
		t.Errorf("after Close: %v", err)
	}
	s.Release(true)
	peer.wantEnd(http2.ErrCodeNo)

	s, _ = b.must(t, p)
	ask(t, s)
	p.Cut()
	if _, _, err := s.Head(nil, soon()); err != errCut {
		t.Errorf("after Cut: got %v", err)
	}
	s.Release(false)
	if _, err := p.OpenStream(); err != errCut {
		t.Errorf("a new stream after Cut: got %v", err)
	}
}

// No streams are opened on a connection on which nothing is received any more.
func TestStreamDoubt(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	s, _ := b.must(t, p)
	ask(t, s)
	if _, _, err := s.Head(nil, 1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	s.Doubt()
	other, _ := b.must(t, p) // dials
	other.Release(true)
	s.Release(false)
}

// Protocol violations of a backend end its connection, or its stream.
func TestStreamHostileBackend(t *testing.T) {
	leak.Check(t)
	headers := func(p *h2peer, ends bool, b []byte) {
		_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b, EndHeaders: true, EndStream: ends})
	}
	for _, tt := range []struct {
		name string
		do   func(p *h2peer)
		conn http2.ErrCode // of the GOAWAY
		strm http2.ErrCode // of the RST_STREAM
	}{
		{"ping flood", func(p *h2peer) {
			for p.WritePing(false, [8]byte{}) == nil {
			}
		}, http2.ErrCodeEnhanceYourCalm, 0},
		{"settings flood", func(p *h2peer) {
			for p.WriteSettings() == nil {
			}
		}, http2.ErrCodeEnhanceYourCalm, 0},
		{"empty data flood", func(p *h2peer) {
			headers(p, false, block("200"))
			for p.WriteData(1, false, nil) == nil {
			}
		}, http2.ErrCodeEnhanceYourCalm, 0},
		{"unknown frames", func(p *h2peer) {
			for p.WriteRawFrame(99, 0, 0, nil) == nil {
			}
		}, http2.ErrCodeEnhanceYourCalm, 0},
		{"continuation flood", func(p *h2peer) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block("200")})
			for p.WriteContinuation(1, false, make([]byte, 1000)) == nil {
			}
		}, http2.ErrCodeEnhanceYourCalm, 0},
		{"continuation missing", func(p *h2peer) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block("200")})
			_ = p.WritePing(false, [8]byte{})
		}, http2.ErrCodeProtocol, 0},
		{"push", func(p *h2peer) {
			_ = p.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: block(""), EndHeaders: true})
		}, http2.ErrCodeProtocol, 0},
		{"idle stream", func(p *h2peer) { _ = p.WriteRSTStream(3, 0) }, http2.ErrCodeProtocol, 0},
		{"even stream", func(p *h2peer) { _ = p.WriteData(2, false, nil) }, http2.ErrCodeProtocol, 0},
		{"frame too long", func(p *h2peer) { _ = p.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 16385)) }, http2.ErrCodeFrameSize, 0},
		{"window over all", func(p *h2peer) { _ = p.WriteWindowUpdate(0, 1<<31-1) }, http2.ErrCodeFlowControl, 0},
		{"no increment", func(p *h2peer) { _ = p.WriteRawFrame(http2.FrameWindowUpdate, 0, 0, make([]byte, 4)) }, http2.ErrCodeProtocol, 0},
		{"initial window over all", func(p *h2peer) {
			_ = p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 31})
		}, http2.ErrCodeFlowControl, 0},

		{"data before the head", func(p *h2peer) { _ = p.WriteData(1, false, []byte("x")) }, 0, http2.ErrCodeProtocol},
		{"trailers without the end", func(p *h2peer) {
			headers(p, false, block("200"))
			_ = p.WriteData(1, false, []byte("x"))
			headers(p, false, block("", "a", "b"))
		}, 0, http2.ErrCodeProtocol},
		{"data after the end", func(p *h2peer) {
			headers(p, true, block("200"))
			_ = p.WriteData(1, false, []byte("x"))
		}, 0, http2.ErrCodeStreamClosed},
		{"window of the stream", func(p *h2peer) { _ = p.WriteWindowUpdate(1, 1<<31-1) }, 0, http2.ErrCodeFlowControl},
		{"a long head", func(p *h2peer) {
			p.inPieces(1, block("200", "a", strings.Repeat("~", 130<<10)))
		}, 0, http2.ErrCodeEnhanceYourCalm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBackend(t)
			p := b.pool(t, Options{})
			s, peer := b.must(t, p)
			defer s.Release(false)
			if err := s.Send([]byte{0x83, 0x86, 0x84}, []byte("x"), false, true); err != nil {
				t.Fatal(err)
			}
			frame[*http2.DataFrame](peer) // so that the stream is not idle
			done := make(chan struct{})
			go func() { // ends with the connection at the latest
				defer close(done)
				tt.do(peer)
			}()
			if tt.strm != 0 {
				if f := frame[*http2.RSTStreamFrame](peer); f.ErrCode != tt.strm {
					t.Errorf("got RST_STREAM with %v, want %v", f.ErrCode, tt.strm)
				}
			} else {
				peer.wantEnd(tt.conn)
				_ = peer.Close()
			}
			<-done
		})
	}
}
