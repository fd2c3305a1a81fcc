package reconcile

import (
	"crypto/hkdf"
	"crypto/sha256"
	"slices"
	"time"

	"elbow/internal/elb"
	"elbow/internal/proxy"
)

// sessionKeys are the session keys in force. They are immutable: other keys, or
// another period, are another value.
type sessionKeys struct {
	stored  []elb.SessionKey // shared with the store
	sealing int              // index of the key that encrypts new tickets
}

// sessionKeysAt returns the keys in force at now, nil if none are stored; it
// returns last if that is still right.
func sessionKeysAt(stored []elb.SessionKey, now time.Time, last *sessionKeys) *sessionKeys {
	if len(stored) == 0 {
		return nil
	}
	sealing := elb.SealingKey(stored, now)
	if last != nil && last.sealing == sealing && slices.EqualFunc(last.stored, stored, elb.SessionKey.Equal) {
		return last
	}
	return &sessionKeys{stored, sealing}
}

// sessions derives the data plane's session keys for a listener that serves a
// certificate. The listener's seed, random for each listener, enters all of them:
// no other listener accepts what one gave to a client. The certificate enters the
// ticket keys, because a client that resumes a session is not shown one: after it
// was replaced all clients see the new one.
func sessions(d *spec, certificate string) *proxy.Sessions {
	seed := d.settings.seed[:]
	s := &proxy.Sessions{
		Token: derive(seed, nil, "elbow QUIC token"),
		Reset: derive(seed, nil, "elbow QUIC stateless reset"),
	}
	if d.sessions == nil {
		return s
	}
	info := "elbow session ticket " + d.key.String() + " " + certificate
	stored, sealing := d.sessions.stored, d.sessions.sealing
	s.Tickets = append(s.Tickets, derive(stored[sealing].Secret, seed, info))
	for i := len(stored) - 1; i >= 0; i-- { // of the others the newest occur most often
		if i != sealing {
			s.Tickets = append(s.Tickets, derive(stored[i].Secret, seed, info))
		}
	}
	return s
}

// derive is HKDF with SHA-256 (RFC 5869).
func derive(secret, salt []byte, info string) [32]byte {
	key, err := hkdf.Key(sha256.New, secret, salt, info, 32)
	if err != nil {
		panic(err) // for a key longer than SHA-256 allows
	}
	return [32]byte(key)
}
