package proxy

import (
	"crypto/aes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"elbow/internal/leak"
	"elbow/internal/overload"
)

// The keys of RFC 9001, A.1 and RFC 9369, A.1.
func TestInitialKeys(t *testing.T) {
	leak.Check(t)
	id, _ := hex.DecodeString("8394c8f03e515708")
	for version, want := range map[uint32]struct{ iv, mask string }{
		quicV1: {"fa044b2f42a3fd3b46fb255c", "437b9aec36"},
		quicV2: {"91f73e2351d8fa91660e909f", "94a0c95e80"},
	} {
		k := newInitialKeys(id, version, "client in")
		if got := hex.EncodeToString(k.iv); got != want.iv {
			t.Errorf("version %x: iv %s, want %s", version, got, want.iv)
		}
		sample, _ := hex.DecodeString(map[uint32]string{
			quicV1: "d1b1c98dd7689fb8ec11d242b123dc9b", quicV2: "ffe67b6abcdb4298b485dd04de806071",
		}[version])
		var mask [aes.BlockSize]byte
		k.mask.Encrypt(mask[:], sample)
		if got := hex.EncodeToString(mask[:5]); got != want.mask {
			t.Errorf("version %x: mask %s, want %s", version, got, want.mask)
		}
	}
}

// sealInitial is a client's Initial packet with this id, token and payload, which is
// padded to the least size there is.
func sealInitial(version uint32, id, token, payload []byte) []byte {
	kind := byte(0)
	if version == quicV2 {
		kind = 1
	}
	b := []byte{0xc0 | kind<<4 | 3} // a number of four bytes
	b = binary.BigEndian.AppendUint32(b, version)
	b = append(append(b, byte(len(id))), id...)
	b = append(b, 0)
	b = append(quicvarint.Append(b, uint64(len(token))), token...)
	plain := make([]byte, minInitial-len(b)-2-4-16)
	copy(plain, payload)
	b = quicvarint.AppendWithLen(b, uint64(4+len(plain)+16), 2)
	number := len(b)
	b = append(b, 0, 0, 0, 7)
	k := newInitialKeys(id, version, "client in")
	nonce := slices.Clone(k.iv)
	nonce[len(nonce)-1] ^= 7
	b = k.seal.Seal(b, nonce, plain, b)
	var mask [aes.BlockSize]byte
	k.mask.Encrypt(mask[:], b[number+4:])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[number+i] ^= mask[1+i]
	}
	return b
}

// A packet opens if it is whole and as it was sent, and at no prefix, nor with any byte
// changed.
func TestInitialOpens(t *testing.T) {
	leak.Check(t)
	o := new(initialOpener)
	for _, version := range []uint32{quicV1, quicV2} {
		for _, id := range [][]byte{{}, {1, 2, 3, 4, 5, 6, 7, 8}, make([]byte, maxConnID)} {
			b := sealInitial(version, id, []byte("token"), []byte{1})
			if before := slices.Clone(b); !o.opens(b) || !slices.Equal(b, before) {
				t.Errorf("version %x, id %x: does not open, or is changed", version, id)
			}
			if !o.opens(append(slices.Clone(b), 0xe0, 1, 2)) {
				t.Errorf("version %x, id %x: does not open with another packet behind it", version, id)
			}
			for n := range b {
				if o.opens(b[:n]) {
					t.Fatalf("version %x, id %x: the first %d bytes open", version, id, n)
				}
				b[n] ^= 0x20
				if o.opens(b) {
					t.Errorf("version %x, id %x: opens with byte %d changed", version, id, n)
				}
				b[n] ^= 0x20
			}
		}
	}
}

func FuzzInitialOpens(f *testing.F) {
	o := new(initialOpener)
	f.Add(sealInitial(quicV1, []byte{1, 2, 3, 4, 5, 6, 7, 8}, nil, []byte{1}))
	f.Add(sealInitial(quicV2, nil, []byte("token"), nil))
	f.Fuzz(func(_ *testing.T, b []byte) { o.opens(append(b, make([]byte, max(0, minInitial-len(b)))...)) })
}

func BenchmarkInitialOpens(b *testing.B) {
	o := new(initialOpener)
	p := sealInitial(quicV1, []byte{1, 2, 3, 4, 5, 6, 7, 8}, nil, []byte{1})
	for b.Loop() {
		if !o.opens(p) {
			b.Fatal("it does not open")
		}
	}
}

// Proofs are used once, and the oldest ones are forgotten.
func TestInitialProofs(t *testing.T) {
	leak.Check(t)
	p := new(initialProofs)
	addr := func(i int) netip.AddrPort { return netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(i+1)) }
	if p.take(addr(0)) {
		t.Error("there is a proof before any was added")
	}
	p.add(addr(0))
	p.add(addr(0))
	for _, want := range []bool{true, true, false} {
		if got := p.take(addr(0)); got != want {
			t.Errorf("of two: got %v, want %v", got, want)
		}
	}
	for round := range 3 {
		for i := range proofsRoom {
			p.add(addr(i))
		}
		if !p.take(addr(0)) || p.take(addr(0)) {
			t.Errorf("round %d: the oldest proof is not there once", round)
		}
	}
	p.add(addr(proofsRoom))
	p.add(addr(proofsRoom))
	if p.take(addr(1)) || !p.take(addr(2)) {
		t.Error("the proof that has become too many is there, or the one after it is not")
	}
	if n := len(p.ofAddr); n > proofsRoom {
		t.Errorf("%d addresses are remembered, the room is for %d", n, proofsRoom)
	}
}

// An initialSender sends Initial packets of its own making, with a token of the
// server's.
type initialSender struct {
	t     *testing.T
	r     *rig
	udp   *net.UDPConn
	token []byte
}

// newInitialSender gets a token, which takes a Retry.
func newInitialSender(t *testing.T, r *rig) *initialSender {
	t.Helper()
	s := &initialSender{t: t, r: r, udp: listenUDP(t)}
	s.send(make([]byte, 8), false) // looked at no further than its token
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

// send sends a packet, which decrypts or not. There is no ClientHello in it, but a PING.
func (s *initialSender) send(id []byte, decrypts bool) {
	s.t.Helper()
	b := sealInitial(quicV1, id, s.token, []byte{1})
	if !decrypts {
		b[len(b)-1] ^= 1
	}
	if _, err := s.udp.WriteTo(b, s.r.udpAddr()); err != nil {
		s.t.Fatal(err)
	}
}

// flood sends packets with ids of their own until n have been seen to.
func (s *initialSender) flood(n int, decrypts bool) {
	s.t.Helper()
	seen := func() float64 {
		return s.r.unshaken() + s.r.series()["elbow_listener_connections_total{lb=lb-test,listener=443}"]
	}
	for want, before := seen()+float64(n), seen(); before < want; before = seen() {
		// Packets may get lost, also on loopback: then there are too few, and more are sent.
		for range min(50, int(want-before)) {
			id := make([]byte, 8)
			_, _ = rand.Read(id)
			s.send(id, decrypts)
		}
		waitFor(s.t, "an Initial packet being looked at", func() bool { return seen() > before })
	}
}

// Packets with a valid token that do not decrypt get no place among the handshakes.
func TestQUICJunkHoldsNoPlace(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxShaking = -1 })
	newInitialSender(t, r).flood(2*quicShakingMax/10, false)
	if n := r.lis.quic.shaking.Load(); n != 0 {
		t.Errorf("%d handshakes are under way", n)
	}
	if got := r.dialRaw().ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// One address cannot have all places, even with packets that do decrypt: clients at
// other addresses are served beside it. When it has none left, its own are refused.
func TestQUICHandshakesShare(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.MaxShaking = -1 },
		limits(Limits{HandshakeTimeout: time.Hour}))
	s := newInitialSender(t, r)
	const share = quicShakingMax / quicShakingShare
	s.flood(share+100, true)
	if n := r.lis.quic.shaking.Load(); n != share {
		t.Errorf("%d handshakes are under way, want %d", n, share)
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

// Handshakes have no more than their part of the memory, and half of that as long as
// addresses are not proved.
func TestQUICHandshakesRoom(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, limits(Limits{HandshakeTimeout: time.Hour}),
		func(o *Options, _ *Config) { o.Memory = 1 << 30 })
	q, room := r.lis.quic, r.proxy.quicRoom
	if want := int64(1 << 30 / overload.BudgetShare / quicRoomShare / overload.QUICCost); room != want {
		t.Errorf("there is room for %d, want %d", room, want)
	}
	s := &initialSender{t: t, r: r, udp: listenUDP(t)}
	s.flood(int(room/2), true)
	if n := q.shaking.Load(); n != room/2 {
		t.Errorf("%d handshakes are under way, want %d", n, room/2)
	}
	if !q.distrusts() {
		t.Error("clients need not prove their addresses")
	}
	own, other := addrPort(s.udp.LocalAddr()), netip.MustParseAddrPort("192.0.2.1:1")
	if !q.crowded(own) || q.crowded(other) {
		t.Error("there is a place for the client that has most, or none for another one")
	}
	r.proxy.quicShaking.Add(room - room/2) // as if they were another port's
	if !q.crowded(other) {
		t.Error("there is a place for more than there is memory for")
	}
	r.proxy.quicShaking.Add(room/2 - room)
	r.dial().send(get).want(200, "hello")
}
