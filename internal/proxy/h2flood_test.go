package proxy

import (
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// Frames that only an attacker sends often close the connection (RFC 9113, 10.5).
func TestH2Floods(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name string
		step func(c *peer2) error
	}{
		{"rapid reset", func(c *peer2) error {
			id, _ := c.tryOpen(true)
			return c.WriteRSTStream(id, http2.ErrCodeCancel)
		}},
		{"made you reset", func(c *peer2) error {
			id, _ := c.tryOpen(true)
			return c.WriteWindowUpdate(id, 0)
		}},
		{"malformed requests", func(c *peer2) error {
			_, err := c.tryOpen(true, "X: y")
			return err
		}},
		{"PING", func(c *peer2) error { return c.WritePing(false, [8]byte{}) }},
		{"SETTINGS", func(c *peer2) error { return c.WriteSettings() }},
		{"PRIORITY", func(c *peer2) error { return c.WritePriority(3, http2.PriorityParam{Weight: 1}) }},
		{"unknown frames", func(c *peer2) error { return c.WriteRawFrame(0xbe, 0, 0, nil) }},
		{"empty DATA", func(c *peer2) error {
			if c.next == 1 {
				c.open(false, ":method: POST")
			}
			return c.WriteData(1, false, nil)
		}},
		{"empty CONTINUATION", func(c *peer2) error {
			if c.next == 1 {
				c.next += 2
				return c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.block()})
			}
			return c.WriteContinuation(1, false, nil)
		}},
		{"CONTINUATION", func(c *peer2) error {
			if c.next == 1 {
				c.next += 2
				return c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.block()})
			}
			return c.WriteContinuation(1, false, []byte(strings.Repeat("\x00\x01x\x01y", 3000)))
		}},
		{"header bomb", func(c *peer2) error {
			c.encoder.SetMaxDynamicTableSize(4096)
			block := c.block("bomb: " + strings.Repeat("x", 4000))
			id := c.next
			c.next += 2
			return c.WriteHeaders(http2.HeadersFrameParam{
				StreamID: id, EndHeaders: true, EndStream: true,
				BlockFragment: append(block, strings.Repeat("\xbe", 10000)...),
			})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) { p.wait() })}, requestTimeout(time.Hour),
				limits(exchange.Limits{LingerTimeout: patience})) // the client may be slow to read the GOAWAY
			c := r.dialFrames()
			ended := make(chan error, 1)
			go func() { ended <- c.goAway(http2.ErrCodeEnhanceYourCalm) }() // ends with the connection
			for range 5000 {
				if len(ended) > 0 || tt.step(c) != nil {
					break // the connection was closed
				}
			}
			c.ok(<-ended)
		})
	}
}

// A stream whose window stays exhausted is reset; if the window of the connection does,
// the connection is closed.
func TestH2Standstill(t *testing.T) {
	leak.Check(t)
	body := strings.Repeat("x", 200<<10)
	backend := scripted(t, func(_ int, p *peer) {
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 204800\r\n\r\n" + body)
		}
	})
	r := newRig(t, []string{backend}, limits(exchange.Limits{StreamTimeout: 50 * time.Millisecond}))

	c := r.dialFrames(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	id := c.open(true)
	c.head(id)
	c.wantReset(id, http2.ErrCodeEnhanceYourCalm)
	if line := r.log.next(t); line["side"] != "client" || line["op"] != "body" {
		t.Errorf("access log has %v", line)
	}

	c = r.dialFrames(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	c.open(true)
	c.wantGoAway(http2.ErrCodeEnhanceYourCalm)
}

// A client that opens its window byte by byte.
func TestH2Dribble(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000000))
		p.wait()
	})})
	c := r.dialFrames(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	id := c.open(true)
	ended := make(chan error, 1)
	go func() { ended <- c.goAway(http2.ErrCodeEnhanceYourCalm) }() // ends with the connection
	tick := time.NewTicker(100 * time.Microsecond)                  // so that the increments are not combined
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			c.ok(err)
			return
		case <-tick.C:
			_ = c.WriteWindowUpdate(id, 1) // fails when the connection is closed
		}
	}
}

// If a client does not read, the proxy does not buffer the whole answer of the backend.
// When it reads, it gets the complete answer.
func TestH2SlowClient(t *testing.T) {
	leak.Check(t)
	const size = 64 << 20
	sent := make(chan int, 100000)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
		piece := make([]byte, 64<<10)
		for range size / len(piece) {
			if _, err := p.Write(piece); err != nil {
				return
			}
			sent <- len(piece)
		}
		p.wait()
	})})
	c := r.dialFrames()
	id := c.open(true)
	c.head(id)
	n := 0
	for n < 65535 { // as much as the windows allow
		n += len(c.frame().(*http2.DataFrame).Data())
	}
	for quiet := false; !quiet; { // until the backend blocks
		select {
		case <-sent:
		case <-time.After(time.Second):
			quiet = true
		}
	}
	if h := r.h2(); h == nil {
		t.Fatal("no connection")
	} else if s := h.Snapshot(); s.Full || s.Window != 0 {
		t.Errorf("window %d, full queue %v", s.Window, s.Full)
	}
	if n := len(sent); n > 0 {
		t.Errorf("the backend goes on")
	}
	c.ok(c.WriteWindowUpdate(0, 1<<30))
	c.ok(c.WriteWindowUpdate(id, 1<<30))
	for n < size {
		n += len(c.frame().(*http2.DataFrame).Data())
	}
}

// If a backend does not read, the proxy accepts no more of a body than the windows allow.
// When it reads, it gets the complete body.
func TestH2SlowBackend(t *testing.T) {
	leak.Check(t)
	const size = 32 << 20
	read, got := make(chan struct{}), make(chan int64, 1)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		<-read
		n, _ := io.CopyN(io.Discard, p.r, size)
		got <- n
		p.send("HTTP/1.1 204 No Content\r\n\r\n")
		p.wait()
	})})
	c := r.dialFrames()
	id := c.open(false, ":method: POST", "content-length: 33554432")
	updates := make(chan int, 1000)
	answered := make(chan struct{})
	go func() { // ends with the answer
		defer close(answered)
		for {
			f, err := c.ReadFrame()
			if err != nil {
				return
			}
			switch f := f.(type) {
			case *http2.WindowUpdateFrame:
				if f.StreamID == id {
					updates <- int(f.Increment)
				}
			case *http2.MetaHeadersFrame:
				return
			}
		}
	}()
	window, sent := 256<<10, 0
	send := func() {
		for window > 0 && sent < size {
			n := min(window, 16<<10, size-sent)
			c.ok(c.WriteData(id, sent+n == size, make([]byte, n)))
			window -= n
			sent += n
		}
	}
	send()
	for stuck := false; !stuck; {
		select {
		case n := <-updates:
			window += n
			send()
		case <-time.After(time.Second):
			stuck = true
		}
	}
	if sent > size/2 {
		t.Fatalf("%d bytes were taken for a backend that reads nothing", sent)
	}
	close(read)
	for sent < size {
		window += <-updates
		send()
	}
	if n := <-got; n != size {
		t.Errorf("the backend got %d bytes", n)
	}
	<-answered
}
