package control

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// golang.org/x/crypto/bcrypt accepts what is hashed here, and the reverse.
func FuzzBcrypt(f *testing.F) {
	for _, password := range []string{"", "a", "pass word", "päss\x00word", strings.Repeat("x", 71), strings.Repeat("x", 72)} {
		f.Add(password)
	}
	f.Fuzz(func(t *testing.T, password string) {
		ours, err := newHasher().hash(t.Context(), password, bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		if err := bcrypt.CompareHashAndPassword([]byte(ours), []byte(password)); err != nil {
			t.Errorf("%q: bcrypt says of %s: %v", password, ours, err)
		}
		if len(password) > 72 {
			return // bcrypt refuses it
		}
		theirs, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost+1)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]bool{password: true, password + "x": len(password) == 72, "x" + password: false} {
			// The key is repeated, with a zero at its end each time.
			if got, err := newHasher().matches(t.Context(), string(theirs), text); (got != want && len(password) < 70) || err != nil {
				t.Errorf("%q with the hash of %q: got %v and %v, want %v", text, password, got, err, want)
			}
		}
	})
}

func TestBcryptUnreadable(t *testing.T) {
	whole, err := newHasher().hash(t.Context(), "password", bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if ok, err := newHasher().matches(t.Context(), whole[:n], "password"); ok || err == nil {
			t.Errorf("the first %d bytes of a hash: got %v and no error", n, ok)
		}
	}
	for _, hash := range []string{
		strings.Replace(whole, "$2a$", "$2y$", 1), strings.Replace(whole, "$2a$", "$3a$", 1), strings.Replace(whole, "$04$", "$99$", 1),
		whole[:10] + "ä" + whole[12:], whole + "x",
	} {
		if ok, err := newHasher().matches(t.Context(), hash, "password"); ok || err == nil {
			t.Errorf("%s: got %v and no error", hash, ok)
		}
	}
}

// A caller that is gone before its hash is computed leaves the turn to the next
// one, whether it waits or is being served. A hash of that cost would take weeks.
func TestHashingEndsWithItsCaller(t *testing.T) {
	h := newHasher()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for range 2 {
		go func() { // ends with ctx
			_, err := h.hash(ctx, "password", bcrypt.MaxCost)
			ended <- err
		}()
	}
	for h.inside.Load() < 2 || len(h.turn) == 0 {
		runtime.Gosched()
	}
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if ok, err := h.matches(t.Context(), nobodysHash, "password"); ok || err != nil {
		t.Errorf("the next one: got %v, %v", ok, err)
	}
}

func TestHashingShares(t *testing.T) {
	for _, tt := range []struct {
		inside  int64
		hurries bool
		want    time.Duration
	}{{1, false, hashingShare}, {2, false, hashingShareOfMany}, {1, true, hashingShareInHurry}, {9, true, hashingShareInHurry}} {
		h := newHasher()
		h.inside.Store(tt.inside)
		h.hurries.Store(tt.hurries)
		if _, got := h.pace(); got != tt.want {
			t.Errorf("%d inside, in a hurry %v: one in %d, want %d", tt.inside, tt.hurries, got, tt.want)
		}
	}
}

// Other goroutines run while a password is hashed, also on one processor: there
// the scheduler would preempt it some five times.
func TestHashingHasBreaks(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var ended atomic.Bool
	done := make(chan error, 1)
	go func() { // ends with the hash, received below
		_, err := newHasher().hash(t.Context(), "password", 10)
		ended.Store(true)
		done <- err
	}()
	turns := 0
	for !ended.Load() {
		time.Sleep(time.Microsecond) // until there is a processor
		turns++
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if turns < 30 {
		t.Errorf("others had %d turns", turns)
	}
}
