package control

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/blowfish" //lint:ignore SA1019 bcrypt is made of it
)

const (
	// hashingSlice is for how long a hash is computed without a break. Where there is
	// one processor, requests that come meanwhile wait for its end: the scheduler does
	// not interrupt a goroutine before 10 ms, and not for the network.
	hashingSlice = 100 * time.Microsecond

	// hashingSliceOfMany is the same while others wait for their turn. One round takes
	// longer, so that there is a break after each of the 1,024.
	hashingSliceOfMany = time.Microsecond

	// hashingShare is the part of the time, one in so many, in which passwords are
	// hashed: anybody can have that done by signing in. hashingShareOfMany is the part
	// while others wait for their turn, as they do when somebody guesses, and
	// hashingShareInHurry the part while a takeover or a restore waits for the calls
	// under way: 16 sign-ins take 2 s then.
	hashingShare        = 4
	hashingShareOfMany  = 16
	hashingShareInHurry = 2
)

// A hasher hashes one password at a time: guessing must not take the cores away from
// traffic.
type hasher struct {
	turn    chan struct{} // holds a token while a password is hashed
	inside  atomic.Int64  // callers of sum
	hurries atomic.Bool   // somebody waits for all of them to end
}

func newHasher() *hasher { return &hasher{turn: make(chan struct{}, 1)} }

const (
	bcryptPrefix  = "$2a$" // the version that golang.org/x/crypto/bcrypt writes
	bcryptSalt    = 16     // bytes
	bcryptSaltEnd = len("$2a$10$") + 22
	bcryptBytes   = bcryptSaltEnd + 31

	// bcryptSum is how much is kept of the 24 bytes that are the sum.
	bcryptSum = 23
)

var (
	bcryptMagic  = []byte("OrpheanBeholderScryDoubt")
	bcryptBase64 = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
)

// hash computes what bcrypt.GenerateFromPassword of golang.org/x/crypto does, with
// breaks: that one would keep a processor from everything else for 50 ms. It fails only
// if ctx ends.
func (h *hasher) hash(ctx context.Context, password string, cost int) (string, error) {
	salt := make([]byte, bcryptSalt)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	sum, err := h.sum(ctx, password, cost, salt)
	return fmt.Sprintf("%s%02d$%s%s", bcryptPrefix, cost, bcryptBase64.EncodeToString(salt), sum), err
}

// matches reports whether a password has a hash.
func (h *hasher) matches(ctx context.Context, hash, password string) (bool, error) {
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return false, err
	}
	if len(hash) != bcryptBytes || !strings.HasPrefix(hash, bcryptPrefix) {
		return false, errors.New("not a bcrypt hash of version 2a")
	}
	salt, err := bcryptBase64.DecodeString(hash[len("$2a$10$"):bcryptSaltEnd])
	if err != nil {
		return false, err
	}
	sum, err := h.sum(ctx, password, cost, salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(sum), []byte(hash[bcryptSaltEnd:])) == 1, err
}

// sum computes the last part of a hash.
func (h *hasher) sum(ctx context.Context, password string, cost int, salt []byte) (string, error) {
	h.inside.Add(1)
	defer h.inside.Add(-1)
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-h.turn }()
	key := append([]byte(password), 0) // as the first implementation, in C
	c, err := blowfish.NewSaltedCipher(key, salt)
	if err != nil {
		return "", err
	}
	began := time.Now()
	for range 1 << cost {
		blowfish.ExpandKey(key, c)
		blowfish.ExpandKey(salt, c)
		slice, share := h.pace()
		if took := time.Since(began); took >= slice {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			time.Sleep((share - 1) * took)
			began = time.Now()
		}
	}
	sum := append([]byte(nil), bcryptMagic...)
	for at := 0; at < len(sum); at += blowfish.BlockSize {
		block := sum[at : at+blowfish.BlockSize]
		for range 64 {
			c.Encrypt(block, block)
		}
	}
	return bcryptBase64.EncodeToString(sum[:bcryptSum]), nil
}

// pace returns for how long to compute without a break, and the part of the time, one
// in so many, to compute in.
func (h *hasher) pace() (slice, share time.Duration) {
	switch {
	case h.hurries.Load():
		return hashingSlice, hashingShareInHurry
	case h.inside.Load() > 1:
		return hashingSliceOfMany, hashingShareOfMany
	}
	return hashingSlice, hashingShare
}
