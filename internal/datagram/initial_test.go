package datagram

import (
	"crypto/aes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"

	"github.com/quic-go/quic-go/quicvarint"

	"elbow/internal/leak"
)

// The keys of RFC 9001, A.1 and RFC 9369, A.1.
func TestInitialKeys(t *testing.T) {
	leak.Check(t)
	id, _ := hex.DecodeString("8394c8f03e515708")
	for version, want := range map[uint32]struct{ iv, mask string }{
		QUICv1: {"fa044b2f42a3fd3b46fb255c", "437b9aec36"},
		quicV2: {"91f73e2351d8fa91660e909f", "94a0c95e80"},
	} {
		k := NewInitialKeys(id, version, "client in")
		if got := hex.EncodeToString(k.IV); got != want.iv {
			t.Errorf("version %x: iv %s, want %s", version, got, want.iv)
		}
		sample, _ := hex.DecodeString(map[uint32]string{
			QUICv1: "d1b1c98dd7689fb8ec11d242b123dc9b", quicV2: "ffe67b6abcdb4298b485dd04de806071",
		}[version])
		var mask [aes.BlockSize]byte
		k.Mask.Encrypt(mask[:], sample)
		if got := hex.EncodeToString(mask[:5]); got != want.mask {
			t.Errorf("version %x: mask %s, want %s", version, got, want.mask)
		}
	}
}

// sealInitial returns a client's Initial packet with this id, token and payload,
// padded to the minimum size.
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
	k := NewInitialKeys(id, version, "client in")
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

// A packet opens if it is complete and unchanged, and at no prefix, nor with any
// byte changed.
func TestInitialOpens(t *testing.T) {
	leak.Check(t)
	o := new(initialOpener)
	for _, version := range []uint32{QUICv1, quicV2} {
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
	f.Add(sealInitial(QUICv1, []byte{1, 2, 3, 4, 5, 6, 7, 8}, nil, []byte{1}))
	f.Add(sealInitial(quicV2, nil, []byte("token"), nil))
	f.Fuzz(func(_ *testing.T, b []byte) { o.opens(append(b, make([]byte, max(0, minInitial-len(b)))...)) })
}

func BenchmarkInitialOpens(b *testing.B) {
	o := new(initialOpener)
	p := sealInitial(QUICv1, []byte{1, 2, 3, 4, 5, 6, 7, 8}, nil, []byte{1})
	for b.Loop() {
		if !o.opens(p) {
			b.Fatal("it does not open")
		}
	}
}

// Proofs are used once, and the oldest ones are forgotten.
func TestInitialProofs(t *testing.T) {
	leak.Check(t)
	p := new(Proofs)
	addr := func(i int) netip.AddrPort { return netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(i+1)) }
	if p.Take(addr(0)) {
		t.Error("there is a proof before any was added")
	}
	p.add(addr(0))
	p.add(addr(0))
	for _, want := range []bool{true, true, false} {
		if got := p.Take(addr(0)); got != want {
			t.Errorf("of two: got %v, want %v", got, want)
		}
	}
	for round := range 3 {
		for i := range proofsRoom {
			p.add(addr(i))
		}
		if !p.Take(addr(0)) || p.Take(addr(0)) {
			t.Errorf("round %d: the oldest proof is not there once", round)
		}
	}
	p.add(addr(proofsRoom))
	p.add(addr(proofsRoom))
	if p.Take(addr(1)) || !p.Take(addr(2)) {
		t.Error("the proof that has become too many is there, or the one after it is not")
	}
	if n := len(p.ofAddr); n > proofsRoom {
		t.Errorf("%d addresses are remembered, the room is for %d", n, proofsRoom)
	}
}
