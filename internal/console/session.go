package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

const (
	// sessionIdle is the time without use after which a session ends. The event stream of
	// an open page does not count as use.
	sessionIdle = time.Hour

	// sessionLife is the time after which a session ends in any case: a working day.
	sessionLife = 12 * time.Hour

	// maxSessions bounds the memory; beyond it the least recently used session ends.
	maxSessions = 4096

	// maxPersonSessions bounds the sessions of one identity, so that somebody who signs in
	// again and again ends only their own.
	maxPersonSessions = 32
)

// A session belongs to a signed-in person. Its token is kept as a hash, so that the memory
// of the process holds nothing that can be used to sign in.
type session struct {
	key     [sha256.Size]byte
	csrf    string // the token of its forms
	created time.Time

	mu     sync.Mutex
	seen   time.Time // guarded by mu
	person Person    // guarded by mu; as of the last request
	flash  *notice   // guarded by mu; shown once, by the next page
}

// A notice is a message at the top of the next page.
type notice struct {
	Kind string // ok or bad
	Text string
}

// flashed returns the notice and removes it.
func (s *session) flashed() *notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.flash
	s.flash = nil
	return n
}

func (s *session) say(kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flash = &notice{kind, text}
}

// who returns the person as of the last request.
func (s *session) who() Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.person
}

// become replaces the person by a newer version.
func (s *session) become(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person = p
}

func (s *session) touch(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = now
}

// over reports whether the session has expired.
func (s *session) over(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.seen) > sessionIdle || now.Sub(s.created) > sessionLife
}

func (s *session) lastSeen() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// sessions holds all sessions of this process.
type sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[sha256.Size]byte]*session // guarded by mu
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: make(map[[sha256.Size]byte]*session)}
}

// begin creates a session and the token that identifies it.
func (s *sessions) begin(p Person) (token string, one *session) {
	token = newToken()
	now := s.now()
	one = &session{key: sha256.Sum256([]byte(token)), csrf: newToken(), created: now, seen: now, person: p}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom(p, now)
	s.all[one.key] = one
	return token, one
}

// makeRoom ends sessions beyond the limits. Called with mu held.
func (s *sessions) makeRoom(p Person, now time.Time) {
	var oldest, own *session
	count := 0
	for key, one := range s.all {
		if one.over(now) {
			delete(s.all, key)
			continue
		}
		oldest = earlier(oldest, one)
		if one.who().Identity == p.Identity {
			count++
			own = earlier(own, one)
		}
	}
	switch {
	case count >= maxPersonSessions:
		delete(s.all, own.key)
	case len(s.all) >= maxSessions:
		delete(s.all, oldest.key)
	}
}

func earlier(a, b *session) *session {
	if a == nil || b.lastSeen().Before(a.lastSeen()) {
		return b
	}
	return a
}

// find returns the session of a token, nil if there is none or it has expired.
func (s *sessions) find(token string) *session {
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.all[key]
	if one != nil && one.over(s.now()) {
		delete(s.all, key)
		return nil
	}
	return one
}

// of returns the number of sessions of a user.
func (s *sessions) of(account, user string) (n int) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if p := one.who(); p.Identity.AccountID == account && p.Identity.UserName == user && !one.over(now) {
			n++
		}
	}
	return n
}

// finish ends a session.
func (s *sessions) finish(one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, one.key)
}

// there reports whether a session has not ended.
func (s *sessions) there(one *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[one.key] == one && !one.over(s.now())
}

// newToken returns 256 random bits as text.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
