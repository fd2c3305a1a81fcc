package reconcile

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// An op is the kind of a step.
type op uint8

const (
	opDrain       op = iota + 1 // close the sockets, let their exchanges complete
	opDetach                    // close the socket on the address of a detached EIP
	opOpen                      // open a socket
	opSwap                      // make new exchanges use the spec
	opCertificate               // load the certificate
	opSessions                  // set the session keys
	opJoin                      // create a backend
	opProbe                     // start to probe it, or restart with another check
	opQuiet                     // stop its probes
	opLeave                     // release a backend that gets no more exchanges
	opSettle                    // nothing left to do: the unit is as desired
)

var opNames = [...]string{
	opDrain: "drain", opDetach: "detach", opOpen: "open", opSwap: "swap", opCertificate: "certificate", opSessions: "sessions", opJoin: "join",
	opProbe: "probe", opQuiet: "quiet", opLeave: "leave", opSettle: "settle",
}

// A step is one action on one unit.
type step struct {
	op      op
	key     key
	spec    *spec      // the desired state; nil for a drain and a detach
	backend backendID  // of join, probe, quiet and leave
	at      netip.Addr // of open and detach
}

func (s step) String() string {
	text := opNames[s.op] + " " + s.key.String()
	switch s.op {
	case opOpen, opDetach:
		return text + " at " + netip.AddrPortFrom(s.at, uint16(s.key.port)).String()
	case opCertificate:
		return text + " " + s.spec.certificate
	case opJoin, opProbe, opQuiet, opLeave:
		return fmt.Sprintf("%s %s %s", text, s.backend.name(), s.backend.address)
	}
	return text
}

// plan appends to dst the steps that lead from what runs to what is desired,
// which is sorted by key. It is a function of values only: the fields of the
// units, and now, which decides whether a failed unit may be retried.
//
// Sockets are closed before any is opened, so that an address and port can pass
// from one unit to another. The steps of one unit are consecutive, so that a
// failure can skip the rest of them. An address that cannot be bound skips
// nothing as long as there is another.
func plan(dst []step, desired []spec, running map[key]*unit, now time.Time) []step {
	for k, u := range running {
		d := find(desired, k)
		if d == nil || u.open && !u.spec.sameSocket(d) {
			dst = append(dst, step{op: opDrain, key: k})
			continue
		}
		for at := range u.sockets {
			if !d.serves(at) {
				dst = append(dst, step{op: opDetach, key: k, at: at})
			}
		}
	}
	slices.SortFunc(dst, func(a, b step) int { return cmp.Or(a.key.compare(b.key), a.at.Compare(b.at)) })
	for i := range desired {
		d := &desired[i]
		u := running[d.key]
		switch {
		case u == nil || u.open && !u.spec.sameSocket(d):
			dst = planUnit(dst, d, new(unit))
		case u.settled(d), u.fault.holds(d, now):
		default:
			dst = planUnit(dst, d, u)
		}
	}
	return dst
}

func find(desired []spec, k key) *spec {
	i, ok := slices.BinarySearchFunc(desired, k, func(s spec, k key) int { return s.key.compare(k) })
	if !ok {
		return nil
	}
	return &desired[i]
}

// planUnit appends the steps that make u match d. While no socket is open,
// nothing is lost when a step fails. Once one is, the certificate comes last: a
// broken one must not keep a backend from being removed.
func planUnit(dst []step, d *spec, u *unit) []step {
	before := len(dst)
	add := func(o op, b backendID) {
		dst = append(dst, step{op: o, key: d.key, spec: d, backend: b})
	}
	load := d.certificate != u.spec.certificate
	if load && !u.open {
		add(opCertificate, backendID{})
	}
	for i := range d.members {
		if u.backends[d.members[i].backendID] == nil {
			add(opJoin, d.members[i].backendID)
		}
	}
	switch {
	case !u.open:
	case !u.spec.sameExchange(d):
		add(opSwap, backendID{}) // together with the session keys
	case u.spec.sessions != d.sessions:
		add(opSessions, backendID{})
	}
	open := func(at netip.Addr) {
		if !u.listens(at) {
			dst = append(dst, step{op: opOpen, key: d.key, spec: d, at: at})
		}
	}
	open(d.address.Addr())
	for _, at := range d.also {
		open(at)
	}
	for i := range d.members {
		id := d.members[i].backendID
		switch was := u.backends[id].probed(); {
		case was == d.check:
		case d.check.on:
			add(opProbe, id)
		default:
			add(opQuiet, id)
		}
	}
	for _, id := range left(d, u) {
		add(opLeave, id)
	}
	if load && u.open {
		add(opCertificate, backendID{})
	}
	if len(dst) == before {
		add(opSettle, backendID{})
	}
	return dst
}

// left are the backends of u that are not members of d.
func left(d *spec, u *unit) []backendID {
	if sameBackends(d, u) {
		return nil
	}
	var ids []backendID
	for id := range u.backends {
		if !slices.ContainsFunc(d.members, func(m member) bool { return m.backendID == id }) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, backendID.compare)
	return ids
}

// sameBackends is the common case: d and u have the same members. The members of
// a spec are distinct.
func sameBackends(d *spec, u *unit) bool {
	for i := range d.members {
		if u.backends[d.members[i].backendID] == nil {
			return false
		}
	}
	return len(d.members) == len(u.backends)
}
