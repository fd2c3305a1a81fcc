package proxy

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// A request head that is not complete in time closes the connection, however it is
// delayed, and whatever other streams do.
func TestH2SlowHead(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) { p.wait() })},
		limits(exchange.Limits{HeadTimeout: 100 * time.Millisecond}), requestTimeout(time.Hour))
	raw := func(c *peer2, frame string) { _, _ = c.Write([]byte(frame)) } // fails when the connection is closed
	const half = "\x00\x00\x10\x01\x05\x00\x00\x00\x01\x82"               // HEADERS of 16 bytes, and one of them
	for _, tt := range []struct {
		name string
		send func(c *peer2)
	}{
		{"half a frame's header", func(c *peer2) { raw(c, half[:3]) }},
		{"half a frame", func(c *peer2) { raw(c, half) }},
		{"no END_HEADERS", func(c *peer2) {
			c.ok(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.block()}))
		}},
		{"behind a request", func(c *peer2) {
			c.open(true)
			raw(c, strings.Replace(half, "\x00\x01\x82", "\x00\x03\x82", 1))
		}},
		{"a byte at a time", func(c *peer2) {
			raw(c, "\x00\x3f\xff\x01\x05\x00\x00\x00\x01")
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for range 40 { // four times the timeout
				<-tick.C
				raw(c, "\x82")
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := r.dialFrames()
			ended := make(chan error, 1)
			go func() { ended <- c.goAway(http2.ErrCodeEnhanceYourCalm) }() // ends with the connection
			tt.send(c)
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// A body whose reads always end within a frame is not slow: the timeout applies to one
// frame.
func TestH2FramesInPieces(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)},
		limits(exchange.Limits{HeadTimeout: inactivity, BodyTimeout: inactivity}))
	c := r.dialFrames()
	id := c.open(false, ":method: POST")
	frame := "\x00\x00\x01\x00\x00\x00\x00\x00\x01x" // DATA of one byte
	_, err := c.Write([]byte(frame[:4]))
	c.ok(err)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(inactivity * 3 / 2); time.Now().Before(end); {
		<-tick.C
		_, err := c.Write([]byte(frame[4:] + frame[:4]))
		c.ok(err)
	}
	_, err = c.Write([]byte(frame[4:]))
	c.ok(err)
	c.ok(c.WriteData(id, true, nil))
	if got := c.wantStatus(id, "200"); got != "hello" {
		t.Errorf("got %q", got)
	}
}
