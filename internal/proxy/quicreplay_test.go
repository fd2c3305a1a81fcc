package proxy

import (
	"crypto/tls"
	"encoding/binary"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// Requests in 0-RTT packets are served once, however often copies of the packets arrive.
// The client itself is served each time that it returns with a new ticket.
func TestH3Replay(t *testing.T) {
	leak.Check(t)
	var served atomic.Int32
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, req *http.Request) {
		served.Add(1)
		hello(w, req)
	})}, limits(exchange.Limits{HandshakeTimeout: 2 * time.Second}))
	conf := h3TLS()
	conf.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	first := &quic.Transport{Conn: listenUDP(t)}
	defer first.Close()
	c, err := first.Dial(t.Context(), r.udpAddr(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	(&rawH3{t, c}).ask("/") // the ticket arrives before the answer
	_ = c.CloseWithError(0x100, "")
	r.waitConns(0)
	served.Store(0)

	box := newNATBox(t, r.udpAddr())
	box.copy()
	box.holdBack() // so that the handshake does not complete
	tr := &quic.Transport{Conn: listenUDP(t)}
	defer tr.Close()
	q, err := tr.DialEarly(t.Context(), box.inside.LocalAddr(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	(&rawH3{t, q}).stream(true, headers(pseudo("GET", "/")...))
	for unshaken := range 3 {
		waitFor(t, "the end of the connection", func() bool { return r.unshaken() == float64(unshaken+1) })
		if n := served.Load(); n != 1 {
			t.Fatalf("served %d times, %d of them copies", n, n-1)
		}
		box.replay(t)
	}
}

// unshaken returns the number of handshakes that were not completed.
func (r *rig) unshaken() float64 {
	return r.series()["elbow_listener_handshakes_total{lb=lb-test,listener=443,result=failed}"]
}

// A guard remembers as many tickets as it has room for, and refuses tickets that it may
// have forgotten.
func TestReplayGuard(t *testing.T) {
	leak.Check(t)
	var g replayGuard
	g.open()
	start := time.Unix(1e9, 0)
	ticket := func(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }
	for i := range 2 * replayRoom {
		now := start.Add(time.Duration(i) * time.Millisecond)
		if !g.first(ticket(i), now, now) {
			t.Fatalf("ticket %d is refused", i)
		}
	}
	end := start.Add(2 * replayRoom * time.Millisecond)
	for _, i := range []int{0, replayRoom - 1, replayRoom, 2*replayRoom - 1} {
		if g.first(ticket(i), start.Add(time.Duration(i)*time.Millisecond), end) {
			t.Errorf("ticket %d is taken twice", i)
		}
	}
	if !g.first(ticket(-1), time.Time{}, end) {
		t.Error("an old ticket is refused although nothing has been forgotten")
	}
	if g.first(ticket(0), start, end) {
		t.Error("a ticket is taken that may have been forgotten")
	}
	if g.first(ticket(-2), start, end) {
		t.Error("an old ticket is taken although others of its age have been forgotten")
	}
	if !g.first(ticket(-3), end, end) {
		t.Error("a new ticket is refused")
	}
	if n := len(g.used) + len(g.before); n > 2*replayRoom {
		t.Errorf("%d tickets are remembered, the room is for %d", n, 2*replayRoom)
	}
}
