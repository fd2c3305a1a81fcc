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

// A keptSession is the part of a session that is handed to the next process. Policies, and
// whether the sign-in is still valid, are read again with each request.
type keptSession struct {
	Key           [sha256.Size]byte // hash of the token
	CSRF          string
	Created, Seen time.Time
	Identity      ram.Identity
	Stamp         string
}

// Sessions returns the sessions that have not ended, for Config.Sessions of the next
// process. The result is secret, and must be used once only: sessions that were signed out
// after it was written must not become valid again.
func (c *Console) Sessions() []byte {
	text, _ := json.Marshal(c.sessions.keep()) // strings and times can always be encoded
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

// restore adds the sessions that Sessions of the previous process returned.
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

// maxKeptRings bounds the charts that are handed to the next process: 40 KB each.
const maxKeptRings = 64

// Charts returns the last 15 minutes of the charts, for Config.Charts of the next process:
// those of all load balancers together and of the busiest ones. Nil if there are none. It
// has to be called after Close.
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
	text, _ := json.Marshal(kept) // numbers can always be encoded
	return text
}

// restore adds the points that Charts of the previous process returned, as far as they are
// recent enough.
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
