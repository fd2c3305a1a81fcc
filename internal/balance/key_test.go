package balance

import (
	"encoding/binary"
	"testing"
)

// The vectors of the SipHash paper, appendix A, and of its reference
// implementation: key 00 01 … 0f, input 00 01 … of each length.
func TestSipHashVectors(t *testing.T) {
	k := sipKey{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	in := make([]byte, 15)
	for i := range in {
		in[i] = byte(i)
	}
	for length, want := range map[int]uint64{
		0:  0x726fdb47dd0e0e31,
		1:  0x74f839c593dc67fd,
		7:  0xab0200f58b01d137,
		8:  0x93f5f5799a932462,
		15: 0xa129ca6149be45e5,
	} {
		if got := k.sum(in[:length]); got != want {
			t.Errorf("%d bytes: got %#016x, want %#016x", length, got, want)
		}
	}
}

// Keys of different uses and of different seeds have nothing in common.
func TestDerivedKeysDiffer(t *testing.T) {
	seen := make(map[sipKey]string)
	other := append([]byte(nil), seed...)
	binary.LittleEndian.PutUint32(other, 1)
	for _, s := range [][]byte{seed, other} {
		for _, label := range []string{"a", "b"} {
			k := newSipKey(s, label)
			if was, ok := seen[k]; ok {
				t.Errorf("seed %x, label %s: same key as %s", s, label, was)
			}
			seen[k] = label
		}
	}
}
