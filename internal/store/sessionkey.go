package store

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"time"

	"elbow/internal/elb"
)

var sessionKeys = kind[[]elb.SessionKey]{
	name: "session keys",
	secrets: func(keys *[]elb.SessionKey, each func(string) (string, error)) error {
		*keys = slices.Clone(*keys) // the caller's slice is not modified
		for i := range *keys {
			k := &(*keys)[i]
			secret, err := each(string(k.Secret))
			if err != nil {
				return err
			}
			k.Secret = []byte(secret)
		}
		return nil
	},
}

// RotateSessionKeys generates the session keys needed at now and drops expired
// ones. If nodes do it at the same time, one generates the keys and the others
// find them.
func (s *Store) RotateSessionKeys(ctx context.Context, now time.Time) error {
	return s.Update(ctx, func(tx *Tx) error {
		keys, _ := read(&tx.Reader, sessionKeys, sessionKeysKey)
		if next, changed := elb.RotateSessionKeys(keys, now, drawSecret); changed {
			put(tx, sessionKeys, sessionKeysKey, next)
		}
		return nil
	})
}

func drawSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	return secret
}

// KeepSessionKeys rotates the session keys until ctx ends.
func (s *Store) KeepSessionKeys(ctx context.Context) {
	pause := retryFirst
	for {
		now := time.Now()
		wait := min(time.Until(elb.NextSessionPeriod(now)), rotationGap)
		err := s.RotateSessionKeys(ctx, now)
		switch {
		case err == nil:
			pause = retryFirst
		case ctx.Err() != nil:
			return
		default:
			if pause == retryFirst {
				slog.Warn("session keys not rotated, the last ones stay", "err", err)
			}
			wait, pause = pause, min(2*pause, rotationRetryLast)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
