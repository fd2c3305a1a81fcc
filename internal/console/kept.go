package console

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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

// maxKeptRings bounds the charts that one process leaves the next: 40 KB each.
const maxKeptRings = 64

// Charts are the last 15 minutes of what was watched, for Config.Charts of the
// process that comes next: those of all load balancers together and of the busiest
// ones. Nil if nobody watched. Call it after Close.
func (c *Console) Charts() []byte {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	kept := make(map[string][]Point)
	busiest := slices.SortedFunc(maps.Keys(c.live.rings), func(a, b string) int {
		ra, rb := c.live.rings[a].newest(), c.live.rings[b].newest()
		return cmp.Or(cmp.Compare(rb.Rate(), ra.Rate()), cmp.Compare(a, b))
	})
	for _, lb := range append([]string{""}, busiest...) {
		if points := c.live.rings[lb].points(); len(points) > 0 && len(kept) < maxKeptRings {
			kept[lb] = points
		}
	}
	if len(kept) == 0 {
		return nil
	}
	text, _ := json.Marshal(kept) // numbers always encode
	return text
}

// restore takes what Charts of the process before has given, as far as it belongs
// into the charts of now.
func (l *live) restore(text []byte) error {
	var kept map[string][]Point
	if err := json.Unmarshal(text, &kept); err != nil {
		return fmt.Errorf("charts: %w", err)
	}
	now := l.now().Unix()
	l.mu.Lock()
	defer l.mu.Unlock()
	for lb, points := range kept {
		r := new(ring)
		last := int64(0)
		for _, p := range points {
			if p.Time > last && p.Time > now-int64(spans["15m"]/time.Second) && p.Time <= now {
				r.add(p)
				last = p.Time
			}
		}
		if r.n > 0 && len(l.rings) < maxRings {
			l.rings[lb] = r
		}
	}
	return nil
}
