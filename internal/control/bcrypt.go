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
	// hashingSlice is how long a hash is computed without a break. With one
	// processor, requests that arrive meanwhile wait for its end: the scheduler
	// does not preempt a goroutine before 10 ms, and not for the network.
	hashingSlice = 100 * time.Microsecond

	// hashingSliceOfMany is the same while others wait for their turn. One round takes
	// longer, so that there is a break after each of the 1,024.
	hashingSliceOfMany = time.Microsecond

	// hashingShare: one part in so many of the time is spent hashing passwords,
	// because any client can cause that by signing in. hashingShareOfMany is the
	// share while others wait for their turn, as when somebody guesses passwords,
	// and hashingShareInHurry the share while a takeover or a restore waits for
	// the calls in flight: 16 sign-ins take 2 s then.
	hashingShare        = 4
	hashingShareOfMany  = 16
	hashingShareInHurry = 2
)

// A hasher hashes one password at a time: guessing must not take the cores away
// from traffic.
type hasher struct {
	turn    chan struct{} // semaphore of capacity 1
	inside  atomic.Int64  // calls of sum in progress
	hurries atomic.Bool   // a takeover or restore waits for them to end
}

func newHasher() *hasher { return &hasher{turn: make(chan struct{}, 1)} }

const (
	bcryptPrefix  = "$2a$" // the version that golang.org/x/crypto/bcrypt writes
	bcryptSalt    = 16     // bytes
	bcryptSaltEnd = len("$2a$10$") + 22
	bcryptBytes   = bcryptSaltEnd + 31

	// bcryptSum is the number of bytes of the sum, which has 24, that are kept.
	bcryptSum = 23
)

var (
	bcryptMagic  = []byte("OrpheanBeholderScryDoubt")
	bcryptBase64 = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
)

// hash computes the same as bcrypt.GenerateFromPassword of golang.org/x/crypto,
// with breaks: that function would occupy a processor for 50 ms. It fails only if
// ctx ends.
func (h *hasher) hash(ctx context.Context, password string, cost int) (string, error) {
	salt := make([]byte, bcryptSalt)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	sum, err := h.sum(ctx, password, cost, salt)
	return fmt.Sprintf("%s%02d$%s%s", bcryptPrefix, cost, bcryptBase64.EncodeToString(salt), sum), err
}

// matches reports whether a password matches a hash.
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
	key := append([]byte(password), 0) // as in the original implementation, in C
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

// pace returns how long to compute without a break, and the part of the time that is
// spent hashing, one in so many.
func (h *hasher) pace() (slice, share time.Duration) {
	switch {
	case h.hurries.Load():
		return hashingSlice, hashingShareInHurry
	case h.inside.Load() > 1:
		return hashingSliceOfMany, hashingShareOfMany
	}
	return hashingSlice, hashingShare
}
