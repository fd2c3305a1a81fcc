package proxy

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/leak"
)

// tryQUIC dials until ctx is done, and sends the error.
func (r *rig) tryQUIC(ctx context.Context) <-chan error {
	ended := make(chan error, 1)
	tr := &quic.Transport{Conn: listenUDP(r.t)}
	r.t.Cleanup(func() { _ = tr.Close() })
	go func() { // ends with ctx at the latest; all callers wait for it
		c, err := tr.Dial(ctx, r.udpAddr(), h3TLS(), nil)
		if err == nil {
			_ = c.CloseWithError(0x100, "")
		}
		ended <- err
	}()
	return ended
}

// Handshakes over QUIC wait at the same gate as those over TCP. The turn of a handshake
// ends with the server's first packet, when the client disconnects, or after the gate's
// patience.
func TestQUICHandshakeLimit(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxHandshakes = 1 })
	g := &r.proxy.shakes
	idle := func() bool { return g.Inside.Load() == 0 && !r.lis.quic.turns.Any() }

	g.Enter() // as a handshake that takes long
	waits := r.tryQUIC(t.Context())
	waitFor(t, "a queue", func() bool { return g.Waiting() == 1 })
	g.Leave()
	if err := <-waits; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
	waitFor(t, "the end of its turn", idle)

	g.Enter()
	ctx, leave := context.WithCancel(t.Context())
	leaves := r.tryQUIC(ctx)
	waitFor(t, "a queue", func() bool { return g.Waiting() == 1 })
	leave()
	if err := <-leaves; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that left: %v", err)
	}
	g.Leave()
	waitFor(t, "the end of its turn", idle)

	g.SetPatience(10 * time.Millisecond)
	g.Enter()
	var transport *quic.TransportError
	if err := <-r.tryQUIC(t.Context()); !errors.As(err, &transport) || !transport.Remote {
		t.Errorf("the one that has waited for too long: %v", err)
	}
	g.Leave()
	waitFor(t, "the end of its turn", idle)
	r.dialRaw().ask("/")
}

// Once handshakes are refused, clients have to validate their addresses.
func TestQUICHandshakePress(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	ask := func() (retried bool) {
		box := newNATBox(t, r.udpAddr())
		c := &rawH3{t, r.dialQUIC(nil, box.inside.LocalAddr())}
		c.ask("/")
		return box.retries.Load() > 0
	}
	if ask() {
		t.Error("the address had to be proved without need")
	}
	g := &r.proxy.shakes
	entered := 1
	for g.Enter() {
		entered++
	}
	g.Room = 0
	if !g.WouldRefuse(1) {
		t.Error("one more is let wait")
	}
	g.Room = handshakeRoom
	for range entered {
		g.Leave()
	}
	if !ask() {
		t.Error("the address had not to be proved")
	}
}
