// Package lockout makes who guesses secrets wait. It knows nothing of what the
// secrets are for. Start reading at Lockout.Attempt.
package lockout

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// pairTries is how many tries at one identity from one network may fail before
	// the next have to wait.
	pairTries = 5

	// nameTries and sourceTries are the same for tries at one user from everywhere,
	// and for tries at all users from one network, which may be many people behind
	// one address. Whoever has signed in from where they are is not held up by
	// either.
	nameTries   = 50
	sourceTries = 100

	// firstWait doubles with each further failure up to longestWait: some 100
	// guesses a day.
	firstWait   = time.Minute
	longestWait = 15 * time.Minute

	// forgetAfter is for how long a failure counts, and familiar for how long it is
	// known who has signed in from where.
	forgetAfter = time.Hour
	familiar    = 30 * 24 * time.Hour

	// maxStruck bounds what is remembered of each kind: some 500 KiB.
	maxStruck = 4096
)

// An Identity is what a secret is tried for.
type Identity struct {
	Name string

	// Password tells a user's password, which can be guessed, from the secret of an
	// access key, which cannot: those are counted by where they are tried alone, so
	// that nobody can be locked out from elsewhere.
	Password bool
}

// A Lockout counts failures by identity and by the network that they came from. What
// does not exist waits like what does.
type Lockout struct {
	now func() time.Time

	mu      sync.Mutex
	pairs   map[pair]*strikes       // guarded by mu
	names   map[string]*strikes     // guarded by mu; of passwords
	sources map[netip.Addr]*strikes // guarded by mu; of passwords
	known   map[pair]*strikes       // guarded by mu; last is the last success
}

// A pair is an identity at a network.
type pair struct {
	Identity
	network netip.Addr
}

// strikes are the failures of one kind.
type strikes struct {
	failed int
	last   time.Time
	until  time.Time // no further try before
}

// New returns a Lockout by a clock.
func New(now func() time.Time) *Lockout {
	return &Lockout{
		now: now, pairs: make(map[pair]*strikes), names: make(map[string]*strikes),
		sources: make(map[netip.Addr]*strikes), known: make(map[pair]*strikes),
	}
}

// Attempt is how long to wait before the next try. If it is zero a try is made
// now, and counts as failed until Succeeded is called: of many at once no more
// get through than one after the other.
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

// Succeeded forgets the failures of an identity where it was tried, and takes back
// the last of all that are counted with it: who has one password must not get new
// guesses at others by it.
func (l *Lockout) Succeeded(id Identity, source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	at := pair{id, network(source)}
	if _, known := l.known[at]; id.Password && !known {
		for _, s := range []*strikes{l.names[id.Name], l.sources[at.network]} {
			if s != nil {
				s.failed--
				s.until = time.Time{}
			}
		}
	}
	delete(l.pairs, at)
	entry(l.known, at, now, familiar).last = now
}

// Withdraw takes an attempt back that was not made after all.
func (l *Lockout) Withdraw(id Identity, source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := pair{id, network(source)}
	counted := []*strikes{l.pairs[at]}
	if _, known := l.known[at]; id.Password && !known {
		counted = append(counted, l.names[id.Name], l.sources[at.network])
	}
	for _, s := range counted {
		if s != nil {
			s.failed--
			s.until = time.Time{}
		}
	}
}

// Familiar reports whether an identity has succeeded from where it is tried.
func (l *Lockout) Familiar(id Identity, source netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.known[pair{id, network(source)}]
	return known
}

// A counter are strikes with the number of them that may fail.
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

// network is who a source is: an IPv6 client has a whole /64.
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

// entry finds the strikes of a key, or makes room and begins with none.
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

// makeRoom forgets what no longer counts or, if all does, who failed least.
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
