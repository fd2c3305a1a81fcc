package exchange

import (
	"net/netip"
	"os"
	"sync"
	"time"

	"elbow/internal/overload"
	"elbow/internal/socket"
)

// A stall is a time in which an exchange cannot go on before its client reads or sends
// something. Meanwhile the exchange holds a place at its backend, so stalled clients
// could take all places and keep them for as long as the timeouts allow, which is
// minutes. Therefore, when an exchange needs a place and none is free, those whose
// clients have been stalled for longest are ended. While there are free places none is
// ended: a paused video does no harm then.
type stall struct {
	from  *Origin
	at    *assignment // of the exchange
	ends  expeller
	id    uint32 // argument of ends
	quiet bool   // it is not known to be the client's turn
	owes  bool   // from.Memory has been informed
	holds int64  // bytes held during the stall
	since socket.Instant

	// Guarded by in.mu while in is not nil.
	in         *stalls
	next, prev *stall
	ended      bool // to free a place
}

// stalls holds the stalls at a backend, in two lists ordered by age. The zero value is
// empty.
type stalls struct {
	mu     sync.Mutex
	lists  [2]stall       // guarded by mu; heads of two rings; [1] holds the quiet stalls
	counts int            // guarded by mu; length of both lists
	shared socket.Instant // guarded by mu; last check of the clients' shares
}

const (
	// StallPatience is how long a client may stall while another exchange needs a place.
	StallPatience = overload.ClientPatience

	// If one client's stalls hold more than 1/stallShare of the places, they are ended
	// sooner, including quiet ones such as idle WebSockets, which are otherwise never
	// ended.
	stallShare     = 2
	sharePatience  = StallPatience / 8
	sharesInterval = 50 * time.Millisecond

	// maxEnded bounds how many stalls are ended for one waiting exchange.
	maxEnded = 64
)

// ErrStalled means that a stalled exchange was ended to free its place. It is a
// timeout.
var ErrStalled error = stallError{}

type stallError struct{}

func (stallError) Error() string        { return "client stood still while others waited for the backend" }
func (stallError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// An expeller ends an exchange whose client has stalled in a way that the client
// notices: by a reset, before the end that the head may have announced. id is the
// HTTP/2 stream. Expel may be called after the exchange has ended.
type expeller interface{ Expel(id uint32) }

// open prepares w for a new exchange, which is assigned to a backend by at.
func (w *stall) open(from *Origin, at *assignment, ends expeller, id uint32) {
	w.from, w.at, w.ends, w.id = from, at, ends, id
}

// Begin starts a stall, or restarts the current one. quiet means that the client is not
// known to be the one to act.
func (w *stall) Begin(quiet bool) { w.beginAt(w.at.stalls(), quiet) }

// beginAt starts a stall. in is nil if the exchange holds no place at a backend.
func (w *stall) beginAt(in *stalls, quiet bool) {
	if !quiet {
		if w.owes {
			w.from.Memory.Paid() // the client has made progress
		} else {
			w.from.Memory.Hold(w.holds)
		}
		w.owes = true
		w.from.Memory.Owes()
	}
	if in == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if w.in != nil {
		w.unlink()
	}
	w.in, w.since, w.ended, w.quiet = in, socket.Now(), false, quiet
	ring := in.ring(quiet)
	w.prev, w.next = ring.prev, ring
	w.prev.next, ring.prev = w, w
	in.counts++
}

// End ends the stall and reports whether the exchange was ended to free its place.
func (w *stall) End() (ended bool) {
	if w.owes {
		w.owes = false
		w.from.Memory.Hold(-w.holds)
		w.from.Memory.Paid()
	}
	in := w.in
	if in == nil {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if w.next != nil {
		w.unlink()
	}
	w.in = nil
	return w.ended
}

// Done ends the stall and returns a Fault if the exchange was ended during it.
func (w *stall) Done(op Op) *Fault {
	if w.End() {
		return &Fault{Side: Client, Op: op, Status: 408, Err: ErrStalled}
	}
	return nil
}

// unlink removes w from its list. in.mu must be locked.
func (w *stall) unlink() {
	if w.next == nil {
		return
	}
	w.prev.next, w.next.prev = w.next, w.prev
	w.next, w.prev = nil, nil
	w.in.counts--
}

// ring returns the head of a list, initialized. mu must be locked.
func (s *stalls) ring(quiet bool) *stall {
	r := &s.lists[0]
	if quiet {
		r = &s.lists[1]
	}
	if r.next == nil {
		r.next, r.prev = r, r
	}
	return r
}

// free ends up to n stalled exchanges for a client that needs one of the given number
// of places, and returns how many it has ended.
func (s *stalls) free(n int, client netip.Addr, places int64) int {
	ended := s.choose(min(n, maxEnded), client, places)
	for i := range ended {
		ended[i].ends.Expel(ended[i].id)
	}
	return len(ended)
}

// choose removes the stalls to be ended from the lists. It returns copies: an exchange
// may end at any moment, after which its stall belongs to another one.
func (s *stalls) choose(n int, client netip.Addr, places int64) (chosen []stall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == 0 {
		return nil
	}
	now := socket.Now()
	take := func(w *stall) {
		w.unlink()
		w.ended = true
		chosen = append(chosen, *w)
	}
	for w := s.ring(false).next; w != s.ring(false) && len(chosen) < n && now.Sub(w.since) >= StallPatience; {
		next := w.next
		take(w)
		w = next
	}
	if len(chosen) > 0 || now.Sub(s.shared) < sharesInterval {
		return chosen
	}
	s.shared = now
	most, has := s.largest(now)
	n = min(n, has-int(places/stallShare))
	for _, quiet := range [...]bool{false, true} {
		if quiet && most == client {
			break // enough are chosen
		}
		for w := s.ring(quiet).next; w != s.ring(quiet) && len(chosen) < n && w.ripe(now); {
			next := w.next
			if overload.Source(w.from.Client.Addr()) == most {
				take(w)
			}
			w = next
		}
	}
	return chosen
}

// AgeStalls sets the age of all stalls at b to d if there are n of them, and reports
// whether there are. It exists for tests, which cannot wait for StallPatience.
func (b *Backend) AgeStalls(n int, d time.Duration) bool {
	s := &b.stalls
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts != n {
		return false
	}
	for _, quiet := range [...]bool{false, true} {
		for w := s.ring(quiet).next; w != s.ring(quiet); w = w.next {
			w.since = socket.Now().Add(-d)
		}
	}
	return true
}

// largest returns the client with the most stalls that count against its share, and
// their number. mu must be locked.
func (s *stalls) largest(now socket.Instant) (most netip.Addr, has int) {
	of := make(map[netip.Addr]int)
	for _, quiet := range [...]bool{false, true} {
		for w := s.ring(quiet).next; w != s.ring(quiet) && w.ripe(now); w = w.next {
			a := overload.Source(w.from.Client.Addr())
			if of[a]++; of[a] > has {
				most, has = a, of[a]
			}
		}
	}
	return most, has
}

// ripe reports whether w counts against its client's share.
func (w *stall) ripe(now socket.Instant) bool {
	if w.quiet {
		return now.Sub(w.since) >= StallPatience
	}
	return now.Sub(w.since) >= sharePatience
}
