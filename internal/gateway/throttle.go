package gateway

import (
	"sync"
	"time"

	"elbow/internal/api"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A throttle bounds the calls of each operation a second, for an account and for
// each of its RAM users, by token buckets that hold a second's worth.
//
// A bucket is kept as the moment when it will be full again. One that is full is
// as good as one that was never there, so those are thrown away and the memory
// is bounded by the calls let through in the last second.
type throttle struct {
	mu    sync.Mutex
	full  map[bucket]time.Time // guarded by mu
	sweep int                  // guarded by mu: the length of full at which to look for full ones
}

// A bucket is what calls of one kind and origin draw from. The user is "" for
// the bucket that all identities of the account share.
type bucket struct{ action, account, user string }

func newThrottle() *throttle {
	return &throttle{full: make(map[bucket]time.Time), sweep: minBuckets}
}

// admit takes a token of the account and, unless root calls, one of the user, or
// none at all and answers Throttling. A user beyond their limit takes nothing
// away from the account.
func (t *throttle) admit(op *api.Operation, who ram.Identity, now time.Time) error {
	account := bucket{action: op.Action(), account: who.AccountID}
	user := account
	user.user = who.UserID

	t.mu.Lock()
	defer t.mu.Unlock()
	if !who.Root() {
		if wait := t.wait(user, op.Rate.User, now); wait > 0 {
			return throttled(api.ErrThrottlingUser, wait)
		}
	}
	if wait := t.wait(account, op.Rate.Account, now); wait > 0 {
		return throttled(api.ErrThrottlingAPI, wait)
	}
	if !who.Root() {
		t.take(user, op.Rate.User, now)
	}
	t.take(account, op.Rate.Account, now)
	return nil
}

// wait is how long it takes until b has a token. A rate of zero has no limit.
func (t *throttle) wait(b bucket, rate int, now time.Time) time.Duration {
	full := t.full[b]
	if rate == 0 || full.Before(now) {
		return 0
	}
	refill := time.Second / time.Duration(rate)
	return max(0, full.Sub(now)-(time.Second-refill))
}

func (t *throttle) take(b bucket, rate int, now time.Time) {
	if rate == 0 {
		return
	}
	if len(t.full) >= t.sweep {
		t.removeFull(now)
	}
	from := t.full[b]
	if from.Before(now) {
		from = now
	}
	t.full[b] = from.Add(time.Second / time.Duration(rate))
}

func (t *throttle) removeFull(now time.Time) {
	for b, full := range t.full {
		if !full.After(now) {
			delete(t.full, b)
		}
	}
	t.sweep = max(minBuckets, 2*len(t.full))
}

func throttled(id api.ErrorID, wait time.Duration) *rpc.Error {
	e := refusal(id.New())
	e.RetryAfter = wait
	return e
}
