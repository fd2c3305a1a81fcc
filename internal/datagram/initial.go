package datagram

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"github.com/quic-go/quic-go/quicvarint"
)

// An initialOpener decides whether an Initial packet decrypts (RFC 9001, 5.2; RFC
// 9369, 3.3). Its keys are derived from the connection id in the packet, so
// anybody can make one that does; but a packet that does not comes from no
// client, and would occupy a place among the handshakes until that times out. It
// is used by one goroutine.
type initialOpener struct {
	header, plain [maxPassed]byte // scratch buffers
}

// The supported versions of QUIC.
const (
	QUICv1 = 0x00000001
	quicV2 = 0x6b3343cf
)

var (
	initialSaltV1 = []byte{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}
	initialSaltV2 = []byte{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}
)

// minInitial is the minimum size of a datagram with an Initial packet of a client
// (RFC 9000, 14.1). Smaller ones begin no connection.
const minInitial = 1200

// opens reports whether the datagram b begins with an Initial packet of a client
// that decrypts with the keys of its own connection id, as the first packets of a
// connection do and those after a Retry.
func (o *initialOpener) opens(b []byte) bool {
	if len(b) < minInitial || len(b) > maxPassed || b[0]&0x80 == 0 {
		return false
	}
	version := binary.BigEndian.Uint32(b[1:])
	if kind := b[0] >> 4 & 3; version != QUICv1 && version != quicV2 || kind == 0 != (version == QUICv1) || kind > 1 {
		return false
	}
	id, number, end, ok := initialFields(b)
	if !ok {
		return false
	}
	keys := NewInitialKeys(id, version, "client in")
	var mask [aes.BlockSize]byte
	keys.Mask.Encrypt(mask[:], b[number+4:])
	h := o.header[:copy(o.header[:], b[:number+4])]
	h[0] ^= mask[0] & 0x0f
	numberLen := int(h[0]&3) + 1
	h = h[:number+numberLen]
	for i := range numberLen {
		h[number+i] ^= mask[1+i]
		keys.IV[len(keys.IV)-numberLen+i] ^= h[number+i]
	}
	_, err := keys.Seal.Open(o.plain[:0], keys.IV, b[number+numberLen:end], h)
	return err == nil
}

// initialFields finds the client's connection id and where the packet number
// begins and the packet ends (RFC 9000, 17.2.2). It guarantees enough bytes for
// the header protection sample.
func initialFields(b []byte) (id []byte, number, end int, ok bool) {
	at := 5
	field := func(n int) (f []byte) {
		if n < 0 || n > len(b)-at {
			at = len(b) // nothing more can be read
			return nil
		}
		f = b[at : at+n]
		at += n
		return f
	}
	length := func() int {
		v, n, err := quicvarint.Parse(b[at:])
		if err != nil || v > uint64(len(b)) {
			return -1
		}
		at += n
		return int(v)
	}
	short := func() int {
		if at == len(b) {
			return -1
		}
		return int(field(1)[0])
	}
	id = field(short())
	field(short())  // the server's
	field(length()) // the token
	end = length()
	number = at
	end += number
	return id, number, end, len(id) <= maxConnID && number+4+aes.BlockSize <= end && end <= len(b)
}

// maxConnID is the maximum length of a connection id, in bytes (RFC 9000, 17.2).
const maxConnID = 20

// InitialKeys protect the Initial packets of one direction.
type InitialKeys struct {
	Seal cipher.AEAD
	IV   []byte
	Mask cipher.Block // header protection
}

// NewInitialKeys derives the keys of the direction with this label.
func NewInitialKeys(id []byte, version uint32, direction string) InitialKeys {
	salt, prefix := initialSaltV1, "quic "
	if version == quicV2 {
		salt, prefix = initialSaltV2, "quicv2 "
	}
	// None of these calls fails with these lengths.
	secret, _ := hkdf.Extract(sha256.New, id, salt)
	secret = expandLabel(secret, direction, sha256.Size)
	block, _ := aes.NewCipher(expandLabel(secret, prefix+"key", 16))
	seal, _ := cipher.NewGCM(block)
	mask, _ := aes.NewCipher(expandLabel(secret, prefix+"hp", 16))
	return InitialKeys{seal, expandLabel(secret, prefix+"iv", 12), mask}
}

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446, 7.1).
func expandLabel(secret []byte, label string, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len("tls13 ")+len(label)))
	info = append(append(append(info, "tls13 "...), label...), 0)
	key, _ := hkdf.Expand(sha256.New, secret, string(info), n)
	return key
}
