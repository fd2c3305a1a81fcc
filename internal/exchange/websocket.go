package exchange

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"strings"

	"elbow/internal/http1"
)

// A WebSocket over HTTP/2 (RFC 8441) or HTTP/3 (RFC 9220) is a stream opened by an
// extended CONNECT. The backend gets the GET with Upgrade of RFC 6455 instead, with a
// key, which those versions do not use. The backend's answer to the key is verified
// here because the client cannot do it.

// A SocketKey is a Sec-WebSocket-Key.
type SocketKey [24]byte

const (
	nameKey    = "Sec-WebSocket-Key"
	nameAccept = "Sec-WebSocket-Accept"
)

var ErrAccept = errors.New("wrong Sec-WebSocket-Accept")

// Ask generates a key and adds it to the request. It replaces a key sent by the
// client, which has no meaning there.
func (k *SocketKey) Ask(r *http1.Request) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	base64.StdEncoding.Encode(k[:], nonce[:])
	for i := range r.Fields {
		if isNamed(&r.Fields[i], nameKey) {
			r.Fields[i].Hop = true
		}
	}
	r.Fields = append(r.Fields, http1.Field{Name: []byte(nameKey), Value: k[:]})
}

// Check verifies that r contains the answer to the key, and removes it from the fields
// for the client.
func (k *SocketKey) Check(r *http1.Response) *Fault {
	accepted := false
	for i := range r.Fields {
		if f := &r.Fields[i]; isNamed(f, nameAccept) {
			accepted = accepts(k[:], f.Value)
			f.Hop = true
		}
	}
	if !accepted {
		return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: ErrAccept}
	}
	return nil
}

// accepts reports whether value is the answer to key (RFC 6455, 4.2.2).
func accepts(key, value []byte) bool {
	sum := sha1.Sum(append(key[:len(key):len(key)], "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	return base64.StdEncoding.EncodeToString(sum[:]) == string(value)
}

// isNamed reports whether f has this name, ignoring case.
func isNamed(f *http1.Field, name string) bool {
	return len(f.Name) == len(name) && strings.EqualFold(string(f.Name), name)
}
