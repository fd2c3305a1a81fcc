package proxy

import (
	"crypto/aes"
	"crypto/rand"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"elbow/internal/datagram"
	"elbow/internal/exchange"
	"elbow/internal/leak"
	"elbow/internal/overload"
	"elbow/internal/socket"
)

// An initialSender sends Initial packets that it composes itself, with a valid token of
// the server.
type initialSender struct {
	t     *testing.T
	r     *rig
	udp   *net.UDPConn
	token []byte
}

// newInitialSender gets a token by a Retry.
func newInitialSender(t *testing.T, r *rig) *initialSender {
	t.Helper()
	s := &initialSender{t: t, r: r, udp: listenUDP(t)}
	s.send(make([]byte, 8), false) // the server checks the token only
	b := make([]byte, 2000)
	_ = s.udp.SetReadDeadline(time.Now().Add(patience))
	n, err := s.udp.Read(b)
	if err != nil || b[0]&0xf0 != 0xf0 {
		t.Fatalf("got %x, %v, want a Retry", b[:n], err)
	}
	head := 1 + 4 + 1 + 1 + int(b[6]) // RFC 9000, 17.2.5; the client's id is empty
	s.token = b[head : n-16]
	return s
}

// send sends a packet that can be decrypted or not. It contains a PING, not a ClientHello.
func (s *initialSender) send(id []byte, decrypts bool) {
	s.t.Helper()
	b := sealed(id, s.token, []byte{1})
	if !decrypts {
		b[len(b)-1] ^= 1
	}
	if _, err := s.udp.WriteTo(b, s.r.udpAddr()); err != nil {
		s.t.Fatal(err)
	}
}

// flood sends packets with different ids until the server has processed n.
func (s *initialSender) flood(n int, decrypts bool) {
	s.t.Helper()
	seen := func() float64 {
		return s.r.unshaken() + s.r.series()["elbow_listener_connections_total{lb=lb-test,listener=443}"]
	}
	for want, before := seen()+float64(n), seen(); before < want; before = seen() {
		// Packets may get lost, also on loopback; then more are sent.
		for range min(50, int(want-before)) {
			id := make([]byte, 8)
			_, _ = rand.Read(id)
			s.send(id, decrypts)
		}
		waitFor(s.t, "an Initial packet being looked at", func() bool { return seen() > before })
	}
}

// Packets with a valid token that cannot be decrypted do not count as handshakes in
// progress.
func TestQUICJunkHoldsNoPlace(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxShaking = -1 })
	newInitialSender(t, r).flood(2*quicShakingMax/10, false)
	if n := r.lis.quic.shaking.Load(); n != 0 {
		t.Errorf("%d handshakes are in progress", n)
	}
	if got := r.dialRaw().ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// One address cannot use the whole limit on handshakes, even with packets that can be
// decrypted: clients at other addresses are served, and those at this address are refused
// when its share is used up.
func TestQUICHandshakesShare(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxShaking = -1 },
		limits(exchange.Limits{HandshakeTimeout: time.Hour}))
	s := newInitialSender(t, r)
	const share = quicShakingMax / quicShakingShare
	s.flood(share+100, true)
	if n := r.lis.quic.shaking.Load(); n != share {
		t.Errorf("%d handshakes are in progress, want %d", n, share)
	}
	tr := &quic.Transport{Conn: listenUDPAt(t, net.IPv4(127, 0, 0, 2))}
	defer tr.Close()
	c, err := tr.Dial(t.Context(), r.udpAddr(), h3TLS(), nil)
	if err != nil {
		t.Fatalf("from another address: %v", err)
	}
	defer func() { _ = c.CloseWithError(0x100, "") }()
	if got := (&rawH3{t, c}).ask("/"); got != "hello" {
		t.Errorf("from another address: got %q", got)
	}
}

// Handshakes use at most their share of the memory, and half of it without validated
// addresses.
func TestQUICHandshakesRoom(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, limits(exchange.Limits{HandshakeTimeout: time.Hour}),
		func(o *Options, _ *Config) { o.Memory = 1 << 30 })
	q, room := r.lis.quic, r.proxy.quicRoom
	if want := int64(1 << 30 / overload.BudgetShare / quicRoomShare / overload.QUICCost); room != want {
		t.Errorf("there is room for %d, want %d", room, want)
	}
	s := &initialSender{t: t, r: r, udp: listenUDP(t)}
	s.flood(int(room/2), true)
	if n := q.shaking.Load(); n != room/2 {
		t.Errorf("%d handshakes are in progress, want %d", n, room/2)
	}
	if !q.distrusts() {
		t.Error("clients need not prove their addresses")
	}
	own, other := socket.AddrPort(s.udp.LocalAddr()), netip.MustParseAddrPort("192.0.2.1:1")
	if !q.wouldRefuse(own) || q.wouldRefuse(other) {
		t.Error("there is a place for the client that has most, or none for another one")
	}
	r.proxy.quicShaking.Add(room - room/2) // as if another port had them
	if !q.wouldRefuse(other) {
		t.Error("there is a place for more than there is memory for")
	}
	r.proxy.quicShaking.Add(room/2 - room)
	r.dial().send(get).want(200, "hello")
}

// sealed returns a client's Initial packet with this id, token and payload, padded to the
// minimum size.
func sealed(id, token, payload []byte) []byte {
	b := []byte{0xc3, 0, 0, 0, 1} // packet number of four bytes; version 1
	b = append(append(b, byte(len(id))), id...)
	b = append(b, 0)
	b = append(quicvarint.Append(b, uint64(len(token))), token...)
	plain := make([]byte, 1200-len(b)-2-4-16)
	copy(plain, payload)
	b = quicvarint.AppendWithLen(b, uint64(4+len(plain)+16), 2)
	number := len(b)
	b = append(b, 0, 0, 0, 7)
	k := datagram.NewInitialKeys(id, datagram.QUICv1, "client in")
	nonce := slices.Clone(k.IV)
	nonce[len(nonce)-1] ^= 7
	b = k.Seal.Seal(b, nonce, plain, b)
	var mask [aes.BlockSize]byte
	k.Mask.Encrypt(mask[:], b[number+4:])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[number+i] ^= mask[1+i]
	}
	return b
}
