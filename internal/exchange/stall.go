package exchange

import (
	"net/netip"
	"os"
	"sync"
	"time"

	"elbow/internal/overload"
	"elbow/internal/socket"
)

// A stall is a time in which an exchange can do nothing before its client takes or
// sends something. Meanwhile it has a place at its backend, so clients that stand
// still could have all places, and keep them for as long as the limits on a
// standstill allow, which is minutes. So when somebody wants a place and there is
// none, exchanges whose clients have stood still for longest are ended for it. While
// there are places nothing is: a paused video does no harm then.
type stall struct {
	from  *Origin
	ends  expeller
	id    uint32 // for that
	quiet bool   // nothing says that it is the client's turn
	owes  bool   // from has been told of it
	holds int64  // bytes that are held meanwhile
	since socket.Instant

	// Guarded by in.mu, while the exchange is in there.
	in         *stalls
	next, prev *stall
	ended      bool // a place was wanted
}

// stalls are those of a backend, oldest first in either list. The zero value has
// none.
type stalls struct {
	mu     sync.Mutex
	lists  [2]stall       // guarded by mu; a ring each; [1] are the quiet ones
	counts int            // guarded by mu; in both
	shared socket.Instant // guarded by mu; when the clients' shares were looked at last
}

const (
	// StallPatience is how long a client may stand still although a place is wanted.
	StallPatience = overload.ClientPatience

	// Beyond a half of the places, stallShare, a client's stalls are ended sooner, and
	// those that nobody is to blame for, such as silent WebSockets, are ended at all.
	stallShare     = 2
	sharePatience  = StallPatience / 8
	sharesInterval = 50 * time.Millisecond

	// maxEnded bounds what is ended for one who wants a place.
	maxEnded = 64
)

// ErrStalled is why an exchange was ended for another one. It is a timeout.
var ErrStalled error = stallError{}

type stallError struct{}

func (stallError) Error() string        { return "client stood still while others waited for the backend" }
func (stallError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// An expeller ends an exchange in which its client stands still, as the client has to
// be told: by a reset, short of the end that a head may have promised. id is the
// stream, in HTTP/2. It may be called when the exchange has ended.
type expeller interface{ Expel(id uint32) }

// open is for a new exchange.
func (w *stall) open(from *Origin, ends expeller, id uint32) { w.from, w.ends, w.id = from, ends, id }

// Begin notes that w begins now, or begins anew. in is nil if the exchange has no place
// at a backend.
func (w *stall) Begin(in *stalls, quiet bool) {
	if !quiet {
		if w.owes {
			w.from.Memory.Paid() // something
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

// End notes the end of w and reports whether it was ended for somebody else.
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

// unlink takes w out of its list. Called with in.mu locked.
func (w *stall) unlink() {
	if w.next == nil {
		return
	}
	w.prev.next, w.next.prev = w.next, w.prev
	w.next, w.prev = nil, nil
	w.in.counts--
}

// ring returns the list. Called with mu locked.
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

// free ends up to n stalls so that a client finds a place among so many, and returns
// how many it has ended.
func (s *stalls) free(n int, client netip.Addr, places int64) int {
	ended := s.choose(min(n, maxEnded), client, places)
	for i := range ended {
		ended[i].ends.Expel(ended[i].id)
	}
	return len(ended)
}

// choose takes those out that are to be ended. What is returned are copies: an
// exchange may end at any moment, and its stall be that of another one.
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
			break // it has got what it has asked for
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

// AgeStalls makes what stands still with b as old as d, if it is n exchanges, and
// reports whether it is. It is for tests, which have no time for real patience.
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

// largest returns the client that has most of the stalls that count against its
// share, and how many. Called with mu locked.
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

// Stalls notes that the exchange waits for its client. flows, after it, notes that it
// does not any more.
func (x *Exchange) Stalls(w *stall, quiet bool) {
	var in *stalls
	if x.backend != nil && x.place != noPlace {
		in = &x.backend.stalls
	}
	w.Begin(in, quiet)
}

// Flows returns a Fault if the exchange was ended meanwhile.
func (x *Exchange) Flows(w *stall, op Op) *Fault {
	if w.End() {
		return &Fault{Side: Client, Op: op, Status: 408, Err: ErrStalled}
	}
	return nil
}

// Quiet reports whether a client that sends nothing of the request may well wait for
// the backend: in a call it may answer what it gets, and with Expect it has to be told
// to go on.
func (x *Exchange) Quiet() bool { return x.call || x.Req.Expect100 }

// makeRoom has a place become free at the backend that the exchange wants one of, if
// there are clients that stand still.
func (x *Exchange) makeRoom() {
	b := x.backend
	for range b.stalls.free(b.Gate.Waiting()+1, overload.Source(x.From.Client.Addr()), b.Gate.Limit) {
		b.standing.Refuse(x.From.Log, ErrStalled, "lb", x.cfg.LoadBalancer, "listener", x.cfg.Port, "backend", b.ID)
	}
}
