package proxy

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlog"
	"golang.org/x/net/ipv4"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

// A client that only asks whether we are there is told by the next process at once
// that its connection is gone.
func TestQUICResetOfKeepAlive(t *testing.T) {
	leak.Check(t)
	backend := origin(t, hello)
	keys := &Sessions{Reset: [32]byte{1}}
	r := newRig(t, []string{backend}, withSessions(keys))
	next := newRig(t, []string{backend}, withSessions(keys))
	box := newNATBox(t, r.udpAddr())
	tr := &quic.Transport{Conn: listenUDP(t)}
	defer tr.Close()
	c, err := tr.Dial(t.Context(), box.inside.LocalAddr(), h3TLS(), &quic.Config{KeepAlivePeriod: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	(&rawH3{t, c}).ask("/")
	box.copy()
	box.moveTo(next.udpAddr()) // the first one's last words get nowhere
	select {
	case <-c.Context().Done():
	case <-time.After(quicSilence / 2):
		t.Fatal("the client is not told")
	}
	var reset *quic.StatelessResetError
	if _, err := c.AcceptStream(t.Context()); !errors.As(err, &reset) {
		t.Errorf("got %v, want a stateless reset", err)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	if !slices.ContainsFunc(box.sent, func(p []byte) bool { return len(p) <= maxSmallPacket }) {
		t.Error("the client has sent no small packet, so nothing was tested")
	}
}

// Each packet of a size that allows for it is answered with a smaller one, and a
// reset by nothing (RFC 9000, 10.3 and 10.3.3), be its connection one of a process
// that is gone or of this one.
func TestQUICResetSizes(t *testing.T) {
	leak.Check(t)
	keys := &Sessions{Reset: [32]byte{7}}
	r := newRig(t, []string{origin(t, hello)}, withSessions(keys))
	c := listenUDP(t)
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []quicTag{r.proxy.tag, {r.proxy.tag[0] + 1}} {
		id, err := quicIDs{tag: tag}.GenerateConnectionID()
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, keys.Reset[:])
		mac.Write(id.Bytes())
		token := mac.Sum(nil)[:resetTokenLen]
		packet := append([]byte{0x40}, id.Bytes()...)
		packet = append(packet, make([]byte, 1200)...)
		for n := 1; n <= 60; n++ {
			// What follows is answered in any case: when its answer is there, that to
			// the first one has been.
			for _, size := range []int{n, 43 + n} {
				if _, err := c.WriteTo(packet[:size], r.udpAddr()); err != nil {
					t.Fatal(err)
				}
			}
			var got []int
			for b := make([]byte, 2000); len(got) == 0 || len(got) == 1 && n > minReset; {
				m, _, err := c.ReadFrom(b)
				if err != nil {
					t.Fatalf("tag %x, packets of %d and %d bytes: got answers of %d bytes, then %v", tag, n, 43+n, got, err)
				}
				if !bytes.Equal(b[m-resetTokenLen:m], token) || b[0]&0xc0 != 0x40 {
					t.Errorf("tag %x, %d bytes: %x is no reset with the token %x", tag, n, b[:m], token)
				}
				got = append(got, m)
			}
			want := []int{maxSmallPacket}
			switch {
			case n > maxSmallPacket:
				want = append(want, maxSmallPacket)
			case n > minReset:
				want = append(want, n-1)
			}
			slices.Sort(want)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("tag %x, packets of %d and %d bytes: got resets of %d bytes, want %d", tag, n, 43+n, got, want)
			}
		}
	}
}

// A connection that there is keeps, whatever packets of the same length come for
// others in the same batch.
func TestQUICResetSparesLiveConnections(t *testing.T) {
	leak.Check(t)
	r := newResetter(&Sessions{}, quicTag{1})
	from, to := listenUDP(t), listenUDP(t)
	batch := func(packets ...[]byte) (ms []ipv4.Message) {
		for _, p := range packets {
			ms = append(ms, ipv4.Message{Buffers: [][]byte{p}, N: len(p), Addr: to.LocalAddr()})
		}
		return ms
	}
	packet := func(tag quicTag, id byte, n int) []byte {
		b := make([]byte, n)
		b[0], b[1], b[n-1] = 0x40, quicIDFirst, id
		copy(b[1+1+len(nodeID{}):], tag[:])
		b[quicIDLen] = id
		return b
	}
	own, other := quicTag{1}, quicTag{2}
	for _, tt := range []struct {
		name    string
		packets [][]byte
		dropped []int // lengths, by quic-go
		want    int   // resets
	}{
		{"none", nil, nil, 0},
		{"one that is known", [][]byte{packet(own, 1, 35)}, nil, 0},
		{"one that is not", [][]byte{packet(own, 1, 35)}, []int{35}, 1},
		{"two that are not", [][]byte{packet(own, 1, 35), packet(own, 2, 35)}, []int{35, 35}, 2},
		{"one of two of a length", [][]byte{packet(own, 1, 35), packet(own, 2, 35)}, []int{35}, 0},
		{"one of two lengths", [][]byte{packet(own, 1, 35), packet(own, 2, 36)}, []int{36}, 1},
		{"another process's", [][]byte{packet(other, 1, 35)}, []int{35}, 1},
		{"another process's beside one that is known", [][]byte{packet(own, 1, 35), packet(other, 1, 35)}, []int{35}, 1},
		{"an id of nobody beside one that is known", [][]byte{packet(own, 1, 35), append([]byte{0x40}, make([]byte, 34)...)}, []int{35}, 0},
	} {
		r.sent = 0
		r.read(from, batch(tt.packets...))
		for _, n := range tt.dropped {
			r.RecordEvent(qlog.PacketDropped{
				Header:  qlog.PacketHeader{PacketType: qlog.PacketType1RTT},
				Raw:     qlog.RawInfo{Length: n},
				Trigger: qlog.PacketDropUnknownConnectionID,
			})
		}
		r.settle(from)
		if r.sent != tt.want {
			t.Errorf("%s: %d resets, want %d", tt.name, r.sent, tt.want)
		}
	}

	// The rate is bounded.
	r.since, r.sent = socket.Now(), 0
	sent := 0
	for range resetsPerSecond + 10 {
		if r.since = socket.Now(); r.allows() {
			sent++
		}
	}
	if sent != resetsPerSecond {
		t.Errorf("%d resets in a second, want %d", sent, resetsPerSecond)
	}
}
