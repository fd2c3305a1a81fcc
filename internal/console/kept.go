package console

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"elbow/internal/ram"
)

// A keptSession is what one process tells the next of a session. Policies and
// whether the sign-in still holds the next request asks for anyway.
type keptSession struct {
	Key           [sha256.Size]byte // hash of the token
	CSRF          string
	Created, Seen time.Time
	Identity      ram.Identity
	Stamp         string
}

// Sessions are those that have not ended, for Config.Sessions of the process that
// comes next. They are to be kept as a secret, and taken once: what was signed out
// after they were written must not come back with them.
func (c *Console) Sessions() []byte {
	text, _ := json.Marshal(c.sessions.keep()) // texts and times always encode
	return text
}

func (s *sessions) keep() []keptSession {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make([]keptSession, 0, len(s.all))
	for _, one := range s.all {
		if !one.over(now) {
			p := one.who()
			kept = append(kept, keptSession{one.key, one.csrf, one.created, one.lastSeen(), p.Identity, p.Stamp})
		}
	}
	return kept
}

// restore takes what Sessions of the process before has given.
func (s *sessions) restore(text []byte) error {
	var kept []keptSession
	if err := json.Unmarshal(text, &kept); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range kept {
		one := &session{key: k.Key, csrf: k.CSRF, created: k.Created, seen: k.Seen, person: Person{Identity: k.Identity, Stamp: k.Stamp}}
		if !one.over(now) && len(s.all) < maxSessions {
			s.all[one.key] = one
		}
	}
	return nil
}
