package upstream

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/net/http2"

	ours "elbow/internal/http2"
	"elbow/internal/leak"
)

// A request that waits for room on a connection is sent as soon as there is some,
// or uses another connection if there will be none.
func TestStreamWaitsToBeOpened(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name string
		do   func(c *h2Conn, p *h2peer)
		want error
	}{
		{"there is room", func(c *h2Conn, _ *h2peer) { c.out.wakeWriter() }, nil},
		{"the backend wants no more", func(_ *h2Conn, p *h2peer) { p.ok(p.WriteGoAway(0, http2.ErrCodeNo, nil)) }, ErrUnprocessed},
		{"the connection ends", func(_ *h2Conn, p *h2peer) { _ = p.Close() }, ErrUnprocessed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for { // until the request had to wait
				waited, err := sendWhenFull(t, tt.do)
				if waited && errors.Is(err, tt.want) {
					return
				}
				if err != nil {
					t.Fatalf("got %v, want %v", err, tt.want)
				}
			}
		})
	}
}

// sendWhenFull fills the queue of a connection, sends a request there, and then
// calls then.
func sendWhenFull(t *testing.T, then func(c *h2Conn, p *h2peer)) (waited bool, err error) {
	b := newBackend(t)
	s, peer := b.must(t, b.pool(t, Options{}))
	defer s.Release(false)
	s.StallAfter(patience)
	c := s.c
	peer.ok(peer.WritePing(false, [8]byte{}))
	frame[*http2.PingFrame](peer) // no more frames follow

	const unknown = 99 // an unknown frame type, which is ignored
	c.mu.Lock()
	for !c.out.full() {
		c.out.queue = append(ours.AppendHeader(c.out.queue, ours.MaxFrame, unknown, 0, 0), make([]byte, ours.MaxFrame)...)
	}
	c.mu.Unlock()
	sent := make(chan error, 1)
	go func() { sent <- s.Send([]byte{0x82, 0x86, 0x84}, nil, true, false) }() // ends within patience
	for ; !waited; time.Sleep(time.Millisecond) {
		select {
		case err := <-sent:
			return false, err // the writer was still running
		default:
		}
		c.mu.Lock()
		waited = s.sending
		c.mu.Unlock()
	}
	then(c, peer)
	return true, <-sent
}
