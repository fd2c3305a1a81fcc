package balance

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// A token stands for a member in a cookie: 32 lower-case hexadecimal digits, of
// which the first 8 identify the listener and 24 the member. Both are keyed
// hashes, so that a token reveals nothing of the member, cannot be made without
// the seed, and is recognized among a backend's own values even when its member
// is gone.
type token [tokenLen]byte

const (
	tokenLen    = 32
	tokenTagLen = 8
)

// tokens are the tokens of a group.
//
// The time of a lookup depends on the runtime's own random hash of what the
// client sent, not on how much of it is right. A timing leak would reveal nothing
// anyway: a client gets the token of any member by asking often enough.
type tokens struct {
	of     []token // by index in the group
	member map[token]int
	tag    [tokenTagLen]byte // prefix of all tokens of this listener
}

func newTokens(g *Group, seed []byte) tokens {
	key := derive(seed, "balance: cookies")
	mac := hmac.New(sha256.New, key[:])
	sum := func(prefix, id string) []byte {
		mac.Reset()
		mac.Write([]byte(prefix + id))
		return mac.Sum(nil)
	}
	t := tokens{of: make([]token, len(g.Members)), member: make(map[token]int, len(g.Members))}
	hex.Encode(t.tag[:], sum("listener", "")[:tokenTagLen/2])
	for i, m := range g.Members {
		copy(t.of[i][:], t.tag[:])
		hex.Encode(t.of[i][tokenTagLen:], sum("member ", m.ID)[:(tokenLen-tokenTagLen)/2])
		t.member[t.of[i]] = i
	}
	return t
}

// lookup returns the index of the member that text stands for, or -1. ours is
// also true for the token of a member that is gone.
func (t *tokens) lookup(text []byte) (member int, ours bool) {
	if len(text) != tokenLen || !bytes.HasPrefix(text, t.tag[:]) {
		return -1, false
	}
	if i, ok := t.member[token(text)]; ok {
		return i, true
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return -1, false
		}
	}
	return -1, true
}
