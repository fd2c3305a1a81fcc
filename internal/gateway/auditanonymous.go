package gateway

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// anonymousLines bounds the audit lines of unauthenticated calls, which could fill
// the disk. anonymousBurst of them have a line each, and one more every
// anonymousPause; the others are summed up by source and kind of refusal.
type anonymousLines struct {
	mu   sync.Mutex
	full time.Time              // guarded by mu: when anonymousBurst lines may be written again
	sums map[refusalKind]record // guarded by mu: each with the number of calls
}

// A refusalKind is the key by which calls are summed up.
type refusalKind struct {
	source string
	secure bool
	status int
	code   string
}

// others is the source in sums of calls beyond maxAnonymousSums.
const others = "others"

// admit reports whether a record gets its own line. Otherwise it is added to a
// sum.
func (s *anonymousLines) admit(r record, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full.Before(now) {
		s.full = now
	}
	if s.full.Sub(now) <= (anonymousBurst-1)*anonymousPause {
		s.full = s.full.Add(anonymousPause)
		return true
	}
	if s.sums == nil {
		s.sums = make(map[refusalKind]record)
	}
	kind := refusalKind{r.Source, r.Secure, r.Status, r.Code}
	if _, there := s.sums[kind]; !there && len(s.sums) >= maxAnonymousSums {
		kind = refusalKind{source: others, status: r.Status}
	}
	s.sums[kind] = record{
		Time: r.Time, RequestID: r.RequestID, Source: kind.source, Secure: kind.secure, Status: kind.status, Code: kind.code,
		Calls: s.sums[kind].Calls + 1,
	}
	return false
}

// take returns the sums since the last call, most calls first.
func (s *anonymousLines) take() []record {
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
