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

	"elbow/internal/datagram"
	"elbow/internal/leak"
)

// smallest is the length, in bytes, of the longest packet that quic-go does not answer
// with a reset.
const smallest = 42

// A client that only sends keep-alive packets receives a stateless reset from the next
// process at once.
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
	box.loseLonger(smallest)   // such as probes of the path MTU, which quic-go answers
	box.moveTo(next.udpAddr()) // packets of the first process reach no client
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
	if !slices.ContainsFunc(box.sent, func(p []byte) bool { return len(p) <= smallest }) {
		t.Error("the client has sent no small packet, so nothing was tested")
	}
}

// Each packet that is long enough is answered with a shorter stateless reset, and a reset
// is not answered (RFC 9000, 10.3 and 10.3.3), whether its connection was one of an
// earlier process or of this one.
func TestQUICResetSizes(t *testing.T) {
	leak.Check(t)
	const tokenLen, minReset = 16, 21 // RFC 9000, 10.3
	keys := &Sessions{Reset: [32]byte{7}}
	r := newRig(t, []string{origin(t, hello)}, withSessions(keys))
	c := listenUDP(t)
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []datagram.Tag{r.proxy.tag, {r.proxy.tag[0] + 1}} {
		id, err := datagram.IDs{Tag: tag}.GenerateConnectionID()
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, keys.Reset[:])
		mac.Write(id.Bytes())
		token := mac.Sum(nil)[:tokenLen]
		packet := append([]byte{0x40}, id.Bytes()...)
		packet = append(packet, make([]byte, 1200)...)
		for n := 1; n <= 60; n++ {
			// The second packet is always answered: when its answer has arrived, the
			// answer to the first has too.
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
				if !bytes.Equal(b[m-tokenLen:m], token) || b[0]&0xc0 != 0x40 {
					t.Errorf("tag %x, %d bytes: %x is no reset with the token %x", tag, n, b[:m], token)
				}
				got = append(got, m)
			}
			want := []int{smallest}
			switch {
			case n > smallest:
				want = append(want, smallest)
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
