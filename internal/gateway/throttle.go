package gateway

import (
	"sync"
	"time"

	"elbow/internal/api"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A throttle bounds the calls of each operation per second, for an account and
// for each of its RAM users, by token buckets that hold a second's worth.
//
// A bucket is stored as the time when it will be full again. A full bucket equals
// one that never existed, so full ones are removed and the memory is bounded by
// the calls of the last seconds.
//
// Each refused call of a bucket is given a different time to retry: with the same
// time they would come back together and all but one would be refused again. No
// token is reserved for them, so that clients which do not come back cost
// nothing.
type throttle struct {
	mu      sync.Mutex
	buckets map[bucket]level // guarded by mu
	sweep   int              // guarded by mu: the number of buckets at which full ones are removed
}

// A bucket identifies the calls that share tokens. The user is "" for the bucket
// that all identities of the account share.
type bucket struct{ action, account, user string }

// A level is the state of a bucket.
type level struct {
	full time.Time // when it will be full again
	told time.Time // the latest time given to a refused call
}

func newThrottle() *throttle {
	return &throttle{buckets: make(map[bucket]level), sweep: minBuckets}
}

// admit takes a token of the account and, unless root calls, one of the user, or
// none at all and returns Throttling. A user over their limit uses no token of
// the account.
func (t *throttle) admit(op *api.Operation, who ram.Identity, now time.Time) error {
	account := bucket{action: op.Action(), account: who.AccountID}
	user := account
	user.user = who.UserID

	t.mu.Lock()
	defer t.mu.Unlock()
	if !who.Root() {
		if wait := t.wait(user, op.Rate.User, now); wait > 0 {
			return throttled(api.ErrThrottlingUser, t.turn(user, op.Rate.User, now, wait))
		}
	}
	if wait := t.wait(account, op.Rate.Account, now); wait > 0 {
		return throttled(api.ErrThrottlingAPI, t.turn(account, op.Rate.Account, now, wait))
	}
	if !who.Root() {
		t.take(user, op.Rate.User, now)
	}
	t.take(account, op.Rate.Account, now)
	return nil
}

// wait is the time until b has a token. A rate of zero means no limit.
func (t *throttle) wait(b bucket, rate int, now time.Time) time.Duration {
	full := t.buckets[b].full
	if rate == 0 || full.Before(now) {
		return 0
	}
	return max(0, full.Sub(now)-(time.Second-refill(rate)))
}

// turn is how long a call for which b has no token should wait: until the first
// token, wait from now, that was not given to another refused call. Above maxTurn
// it begins again, so that a client which calls all the time does not make others
// wait longer and longer.
func (t *throttle) turn(b bucket, rate int, now time.Time, wait time.Duration) time.Duration {
	l := t.buckets[b]
	first := now.Add(wait)
	if next := l.told.Add(refill(rate)); next.After(first) && next.Sub(now) <= maxTurn {
		first = next
	}
	l.told = first
	t.buckets[b] = l // it exists: a token was taken from it
	return first.Sub(now)
}

// refill is the time between two tokens.
func refill(rate int) time.Duration { return time.Second / time.Duration(rate) }

func (t *throttle) take(b bucket, rate int, now time.Time) {
	if rate == 0 {
		return
	}
	if len(t.buckets) >= t.sweep {
		t.removeFull(now)
	}
	l := t.buckets[b]
	if l.full.Before(now) {
		l.full = now
	}
	l.full = l.full.Add(refill(rate))
	t.buckets[b] = l
}

func (t *throttle) removeFull(now time.Time) {
	for b, l := range t.buckets {
		if !l.full.After(now) && !l.told.After(now) {
			delete(t.buckets, b)
		}
	}
	t.sweep = max(minBuckets, 2*len(t.buckets))
}

func throttled(id api.ErrorID, wait time.Duration) *rpc.Error {
	e := refusal(id.New())
	e.RetryAfter = wait
	return e
}
