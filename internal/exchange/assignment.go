package exchange

import (
	"errors"
	"time"

	"elbow/internal/balance"
	"elbow/internal/http1"
)

var errNoMember = errors.New("no usable backend")

// errBusy is why a backend that has as many exchanges as it may gets no more.
var errBusy = errors.New("backend has all the exchanges it may")

// recall finds out from the cookies of the request where the client belongs,
// and what of them the backend gets.
func (x *Exchange) recall() {
	x.session, x.cookie, x.wall = balance.Session{Member: -1}, x.cookie[:0], 0
	if x.cfg.Sticky == nil {
		return
	}
	x.wall = time.Now().Unix()
	for i := range x.Req.Fields {
		f := &x.Req.Fields[i]
		if f.ID != http1.Cookie {
			continue
		}
		// Several fields become one, as HTTP/2 has it too (RFC 9113, 8.2.3).
		end := len(x.cookie)
		if end > 0 {
			x.cookie = append(x.cookie, "; "...)
		}
		start := len(x.cookie)
		var s balance.Session
		x.cookie, s = x.cfg.Sticky.ReadCookie(x.cookie, f.Value, x.wall)
		if len(x.cookie) == start {
			x.cookie = x.cookie[:end]
		}
		if x.session.Member < 0 {
			x.session = s
		}
	}
}

// choose settles which member the next attempt goes to: the one that the cookie
// names, else the scheduler's pick.
func (x *Exchange) choose() *Fault {
	if x.attempt != firstAttempt { // retry has settled it
		return nil
	}
	avoid := x.member
	if x.member < 0 && x.session.Member >= 0 {
		x.enter(x.session.Member)
		return nil
	}
	m := -1
	if x.cfg.Scheduler != nil {
		m = x.cfg.Scheduler.Pick(x.From.Key, avoid)
	}
	if m < 0 {
		return &Fault{Side: Upstream, Op: OpChoose, Status: 503, Err: errNoMember}
	}
	x.enter(m)
	if x.place == queuedPlace && avoid < 0 {
		x.roomier()
	}
	return nil
}

// enter makes member m the one of this exchange, and counts it there.
func (x *Exchange) enter(m int) {
	x.leave()
	x.member, x.backend = m, x.cfg.Backends[m]
	if x.backend.Gate.Enter() {
		x.place = x.place.after(enterFree)
	} else {
		x.place = x.place.after(enterFull)
	}
}

// vacate gives up the place at the backend, which has no more to do.
func (x *Exchange) vacate() {
	if x.place != noPlace {
		x.place = x.place.after(leavePlace)
		x.backend.Gate.Leave()
	}
}

// leave is the end of what enter began.
func (x *Exchange) leave() {
	if x.backend != nil {
		x.vacate()
		x.backend = nil
	}
}

// roomier tries another member in place of the one just picked, which is full.
// Only one: the schedulers do not know who is full, and when two are, most are.
func (x *Exchange) roomier() {
	if m := x.cfg.Scheduler.Pick(x.From.Key, x.member); m >= 0 && x.cfg.Backends[m].Gate.Free() {
		x.enter(m)
	}
}
