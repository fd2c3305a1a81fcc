package reconcile

import (
	"net/netip"

	"elbow/internal/balance"
)

// A Verdict is the last health check result of a backend, for the process that
// takes over from this one: it must not send requests to a backend that is known
// to be down. It has the fields of handover.Verdict.
type Verdict struct {
	LoadBalancer string
	Listener     int    // port
	UDP          bool   // of Listener
	Server       string // id of the backend's server
	Port         int    // as stored with the backend; 0: the listener decided
	Address      netip.AddrPort
	Health       int32 // a balance.Health
}

// Verdicts lists the verdicts of all backends that are probed. Run must have
// returned.
func (l *Loop) Verdicts() []Verdict {
	var all []Verdict
	for k, u := range l.applier.running {
		for id, b := range u.backends {
			if b.check.on {
				all = append(all, Verdict{k.loadBalancer, k.port, k.udp, id.server, id.port, id.address, int32(b.proxy.Member.Health())})
			}
		}
	}
	return all
}

// A verdictKey identifies the backend of a Verdict.
type verdictKey struct {
	key
	backendID // without several, which a Verdict does not have
}

func verdictKeyOf(k key, b backendID) verdictKey {
	b.several = false
	return verdictKey{k, b}
}

func verdictsByKey(all []Verdict) map[verdictKey]balance.Health {
	m := make(map[verdictKey]balance.Health, len(all))
	for _, v := range all {
		m[verdictKey{key{v.LoadBalancer, v.Listener, v.UDP}, backendID{v.Server, v.Port, v.Address, false}}] = balance.Health(v.Health)
	}
	return m
}

// Resume gives the loop another store, which is the same one opened again. Run
// must have returned and is called again after it. All statuses are reported
// again.
func (l *Loop) Resume(source Source, report Report) {
	l.source = source
	l.board.resume(report)
}

// Yield stops accepting on all sockets, because another process has them and
// takes over; clients do not notice. The addresses stay. Run must have returned;
// Drain waits for the end.
func (l *Loop) Yield() {
	a := &l.applier
	a.yielding, a.addresses = true, nil
	for k := range a.running {
		a.drain(k)
	}
}

// Settled is closed when the first pass has been made and its results are in the
// store.
func (l *Loop) Settled() <-chan struct{} { return l.board.settled }
