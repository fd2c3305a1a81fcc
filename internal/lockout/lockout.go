// Package lockout makes clients that guess secrets wait. It knows nothing of what
// the secrets are for. Start reading at Lockout.Attempt.
package lockout

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// pairTries is the number of failed attempts at one identity from one network after
	// which the next ones have to wait.
	pairTries = 5

	// nameTries and sourceTries are the limits for attempts at one user from
	// everywhere, and at all users from one network, which may be many people
	// behind one address. Neither delays a user who has signed in from that
	// network before.
	nameTries   = 50
	sourceTries = 100

	// firstWait doubles with each further failure up to longestWait: some 100
	// guesses a day.
	firstWait   = time.Minute
	longestWait = 15 * time.Minute

	// forgetAfter is how long a failure counts, and familiar how long a
	// successful sign-in from a network is remembered.
	forgetAfter = time.Hour
	familiar    = 30 * 24 * time.Hour

	// maxStruck bounds the entries of each kind: some 500 KiB.
	maxStruck = 4096
)

// An Identity is a user, who has a password, or an access key, which has a secret.
type Identity struct {
	Name string

	// Password distinguishes a user's password, which can be guessed, from the
	// secret of an access key, which cannot: attempts at keys are only counted
	// per key and network, so that nobody can be locked out from elsewhere.
	Password bool
}

// A Lockout counts failures by identity and by the network that they came from.
// Identities that do not exist wait like those that do.
type Lockout struct {
	now func() time.Time

	mu      sync.Mutex
	pairs   map[pair]*strikes       // guarded by mu
	names   map[string]*strikes     // guarded by mu; of passwords
	sources map[netip.Addr]*strikes // guarded by mu; of passwords
	known   map[pair]*strikes       // guarded by mu; last is the last success
}

// A pair is an identity and a network.
type pair struct {
	Identity
	network netip.Addr
}

// strikes are the failures under one key.
type strikes struct {
	failed int
	last   time.Time
	until  time.Time // no attempt before this time
}

// New returns a Lockout with a clock.
func New(now func() time.Time) *Lockout {
	return &Lockout{
		now: now, pairs: make(map[pair]*strikes), names: make(map[string]*strikes),
		sources: make(map[netip.Addr]*strikes), known: make(map[pair]*strikes),
	}
}

// Attempt returns how long to wait before the next attempt. If it is zero an
// attempt is being made, and counts as failed until Succeeded is called:
// concurrent attempts get no more tries than sequential ones.
func (l *Lockout) Attempt(id Identity, source netip.Addr) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	at := pair{id, network(source)}
	counted := []counter{{entry(l.pairs, at, now, forgetAfter), pairTries}}
	if _, known := l.known[at]; id.Password && !known {
		counted = append(counted,
			counter{entry(l.names, id.Name, now, forgetAfter), nameTries},
			counter{entry(l.sources, at.network, now, forgetAfter), sourceTries})
	}
	var wait time.Duration
	for _, c := range counted {
		wait = max(wait, c.until.Sub(now))
	}
	if wait > 0 {
		return wait
	}
	for _, c := range counted {
		c.strike(now)
	}
	return 0
}

// Succeeded clears the failures of an identity in its network, and takes back one
// failure from all other counters: the owner of one password must not gain
// guesses at others by it.
func (l *Lockout) Succeeded(id Identity, source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	at := pair{id, network(source)}
	l.takeBack(at)
	delete(l.pairs, at)
	entry(l.known, at, now, familiar).last = now
}

// Withdraw takes back an attempt that was not made.
func (l *Lockout) Withdraw(id Identity, source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takeBack(pair{id, network(source)})
}

// takeBack takes one failure from each counter that Attempt has added one to. Called with
// mu held.
func (l *Lockout) takeBack(at pair) {
	counted := []*strikes{l.pairs[at]}
	if _, known := l.known[at]; at.Password && !known {
		counted = append(counted, l.names[at.Name], l.sources[at.network])
	}
	for _, s := range counted {
		if s != nil {
			s.failed--
			s.until = time.Time{}
		}
	}
}

// Familiar reports whether an identity has succeeded from this network before.
func (l *Lockout) Familiar(id Identity, source netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.known[pair{id, network(source)}]
	return known
}

// A counter is strikes with their limit.
type counter struct {
	*strikes
	tries int
}

func (c counter) strike(now time.Time) {
	c.failed++
	c.last = now
	if over := c.failed - c.tries; over >= 0 {
		c.until = now.Add(min(firstWait<<min(over, 10), longestWait))
	}
}

// network is the network by which a source counts: an IPv6 client has a whole
// /64.
func network(source netip.Addr) netip.Addr {
	if source.Is4() {
		return source
	}
	p, err := source.Prefix(64)
	if err != nil {
		return source
	}
	return p.Addr()
}

// entry returns the strikes of a key, or makes room and adds an empty entry.
func entry[K comparable](all map[K]*strikes, key K, now time.Time, counts time.Duration) *strikes {
	if s, ok := all[key]; ok && now.Sub(s.last) < counts {
		return s
	}
	if len(all) >= maxStruck {
		makeRoom(all, now, counts)
	}
	all[key] = new(strikes)
	return all[key]
}

// makeRoom removes the expired entries or, if there are none, the one with the
// fewest failures.
func makeRoom[K comparable](all map[K]*strikes, now time.Time, counts time.Duration) {
	var least K
	fewest := -1
	for key, s := range all {
		if now.Sub(s.last) >= counts {
			delete(all, key)
		} else if fewest < 0 || s.failed < fewest {
			least, fewest = key, s.failed
		}
	}
	if len(all) >= maxStruck {
		delete(all, least)
	}
}
