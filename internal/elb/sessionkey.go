package elb

import (
	"bytes"
	"log/slog"
	"slices"
	"time"
)

// SessionPeriod is how long new session tickets are sealed with one key. It is a
// compromise: who steals a key can open the tickets of this long and, of TLS 1.2
// connections, what was sent under them.
const SessionPeriod = 12 * time.Hour

// sessionPeriods is how many periods a ticket lives, as crypto/tls has it: the
// seven days that RFC 8446, 4.6.1 allows.
const sessionPeriods = int64(7 * 24 * time.Hour / SessionPeriod)

// A SessionKey is what the session tickets of one period are sealed with, in a
// form derived for each listener. Periods are counted from 1970, so that nodes
// change to the next key together.
type SessionKey struct {
	Period int64
	Secret []byte // 32 random bytes
}

// Equal reports whether both are the same key.
func (k SessionKey) Equal(o SessionKey) bool {
	return k.Period == o.Period && bytes.Equal(k.Secret, o.Secret)
}

// LogValue keeps the secret out of logs.
func (SessionKey) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String keeps it out of other texts.
func (SessionKey) String() string { return "[redacted]" }

func sessionPeriod(t time.Time) int64 { return t.Unix() / int64(SessionPeriod/time.Second) }

// NextSessionPeriod is when the key of the next period is the one to seal with.
func NextSessionPeriod(now time.Time) time.Time {
	return time.Unix((sessionPeriod(now)+1)*int64(SessionPeriod/time.Second), 0)
}

// RotateSessionKeys returns the keys that there should be at now, oldest first,
// and whether they differ from keys. There is one for the period under way and
// one for the next, so that nodes have it before the first of them seals with
// it; those whose tickets have all expired are gone, so that nothing can open
// what was sealed with them. A key that is missing is made by draw.
func RotateSessionKeys(keys []SessionKey, now time.Time, draw func() []byte) (next []SessionKey, changed bool) {
	period := sessionPeriod(now)
	next = slices.DeleteFunc(slices.Clone(keys), func(k SessionKey) bool { return k.Period < period-sessionPeriods })
	for _, p := range [...]int64{period, period + 1} {
		if !slices.ContainsFunc(next, func(k SessionKey) bool { return k.Period == p }) {
			next = append(next, SessionKey{Period: p, Secret: draw()})
			changed = true
		}
	}
	slices.SortFunc(next, func(a, b SessionKey) int { return int(a.Period - b.Period) })
	return next, changed || len(next) != len(keys)
}

// SealingKey is the index of the key that new tickets are sealed with at now:
// that of the period or, if the keys could not be rotated, the last before it.
// There is at least one key, and they are in the order of RotateSessionKeys.
func SealingKey(keys []SessionKey, now time.Time) int {
	period := sessionPeriod(now)
	later := slices.IndexFunc(keys, func(k SessionKey) bool { return k.Period > period })
	switch later {
	case -1:
		return len(keys) - 1
	case 0:
		return 0 // all were made by clocks ahead of this one
	}
	return later - 1
}
