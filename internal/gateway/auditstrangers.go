package gateway

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// strangerLines bounds the audit lines of calls of which nobody knows who made them:
// a stranger could fill the disk with them. strangerBurst of them have a line of
// their own, and one more every strangerPause; the others are summed up by where they
// came from and how they were refused.
type strangerLines struct {
	mu   sync.Mutex
	full time.Time              // guarded by mu: when strangerBurst lines may be written again
	sums map[refusalKind]record // guarded by mu: with the number of calls
}

// A refusalKind is what summed up calls have in common.
type refusalKind struct {
	source string
	secure bool
	status int
	code   string
}

// others is the source of sums that have no room of their own.
const others = "others"

// admit reports whether a record gets a line of its own. Else it is summed up.
func (s *strangerLines) admit(r record, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full.Before(now) {
		s.full = now
	}
	if s.full.Sub(now) <= (strangerBurst-1)*strangerPause {
		s.full = s.full.Add(strangerPause)
		return true
	}
	if s.sums == nil {
		s.sums = make(map[refusalKind]record)
	}
	kind := refusalKind{r.Source, r.Secure, r.Status, r.Code}
	if _, there := s.sums[kind]; !there && len(s.sums) >= maxStrangerSums {
		kind = refusalKind{source: others, status: r.Status}
	}
	s.sums[kind] = record{
		Time: r.Time, RequestID: r.RequestID, Source: kind.source, Secure: kind.secure, Status: kind.status, Code: kind.code,
		Calls: s.sums[kind].Calls + 1,
	}
	return false
}

// take returns the sums since the last time, most calls first.
func (s *strangerLines) take() []record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []record
	for _, r := range s.sums {
		all = append(all, r)
	}
	clear(s.sums)
	slices.SortFunc(all, func(a, b record) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code))
	})
	return all
}
