package balance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// derive returns a separate key for each use of a listener's seed, so that what
// one use reveals to clients says nothing about another.
func derive(seed []byte, label string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte(label))
	return [sha256.Size]byte(mac.Sum(nil))
}

// A sipKey is a key of SipHash-2-4 (Aumasson and Bernstein, 2012): a short-input
// hash whose outputs nobody without the key can predict or steer. hash/maphash is
// not usable here, because its seeds cannot be exported from the process.
type sipKey struct{ k0, k1 uint64 }

func newSipKey(seed []byte, label string) sipKey {
	k := derive(seed, label)
	return sipKey{binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:16])}
}

// sum returns the hash of p.
func (k sipKey) sum(p []byte) uint64 {
	s := sipState{
		k.k0 ^ 0x736f6d6570736575, // the constants of section 2.1
		k.k1 ^ 0x646f72616e646f6d,
		k.k0 ^ 0x6c7967656e657261,
		k.k1 ^ 0x7465646279746573,
	}
	length := len(p)
	for ; len(p) >= 8; p = p[8:] {
		s.compress(binary.LittleEndian.Uint64(p))
	}
	last := uint64(length) << 56
	for i, b := range p {
		last |= uint64(b) << (8 * i)
	}
	s.compress(last)
	s.v2 ^= 0xff
	for range 4 {
		s.round()
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

type sipState struct{ v0, v1, v2, v3 uint64 }

func (s *sipState) compress(word uint64) {
	s.v3 ^= word
	s.round()
	s.round()
	s.v0 ^= word
}

func (s *sipState) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}
