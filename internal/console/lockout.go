package console

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// nameTries and sourceTries are how many sign-ins may fail before the next
	// have to wait. A source may be many people behind one address.
	nameTries   = 5
	sourceTries = 20

	// firstWait doubles with each further failure up to longestWait: some 100
	// guesses a day.
	firstWait   = time.Minute
	longestWait = 15 * time.Minute

	// forgetAfter is for how long a failure counts.
	forgetAfter = time.Hour

	// maxStruck bounds the names and the sources that are remembered, each.
	maxStruck = 4096
)

// A lockout makes who guesses wait, by the name that is tried and by where from.
// A name that does not exist waits like one that does.
type lockout struct {
	now func() time.Time

	mu      sync.Mutex
	names   map[string]*strikes     // guarded by mu
	sources map[netip.Addr]*strikes // guarded by mu
}

// strikes are the failures of one name or one source.
type strikes struct {
	failed int
	last   time.Time
	until  time.Time // no further try before
}

func newLockout(now func() time.Time) *lockout {
	return &lockout{now: now, names: make(map[string]*strikes), sources: make(map[netip.Addr]*strikes)}
}

// attempt is how long to wait before the next try. If it is zero a try is made
// now, and counts as failed until succeeded is called: of many at once no more
// get through than one after the other.
func (l *lockout) attempt(name string, source netip.Addr) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	n, s := entry(l.names, name, now), entry(l.sources, network(source), now)
	if wait := max(n.until.Sub(now), s.until.Sub(now)); wait > 0 {
		return wait
	}
	n.strike(now, nameTries)
	s.strike(now, sourceTries)
	return 0
}

// succeeded forgets the failures of a name, and takes back the last of a source:
// who has one password must not get new guesses at others by it.
func (l *lockout) succeeded(name string, source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.names, name)
	if s := l.sources[network(source)]; s != nil {
		s.failed--
		s.until = time.Time{}
	}
}

func (s *strikes) strike(now time.Time, tries int) {
	s.failed++
	s.last = now
	if over := s.failed - tries; over >= 0 {
		s.until = now.Add(min(firstWait<<min(over, 10), longestWait))
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
func entry[K comparable](all map[K]*strikes, key K, now time.Time) *strikes {
	if s, ok := all[key]; ok && now.Sub(s.last) < forgetAfter {
		return s
	}
	if len(all) >= maxStruck {
		makeRoom(all, now)
	}
	all[key] = new(strikes)
	return all[key]
}

// makeRoom forgets what no longer counts or, if all does, who failed least.
func makeRoom[K comparable](all map[K]*strikes, now time.Time) {
	var least K
	fewest := -1
	for key, s := range all {
		if now.Sub(s.last) >= forgetAfter {
			delete(all, key)
		} else if fewest < 0 || s.failed < fewest {
			least, fewest = key, s.failed
		}
	}
	if len(all) >= maxStruck {
		delete(all, least)
	}
}
