package node

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"elbow/internal/datagram"
	"elbow/internal/handover"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
	"elbow/internal/rpc"
)

// A predecessor is the older process in a takeover, as the newer one sees it. It is nil
// without a takeover.
type predecessor struct {
	*handover.Successor
	began time.Time // when the older process was asked to hand over
}

// askPredecessor asks the process that runs on the data directory to hand over.
func askPredecessor(c Config, log *slog.Logger) (*predecessor, error) {
	if !c.Takeover {
		return nil, nil
	}
	began := time.Now()
	h, err := handover.Dial(c.Data, c.Version)
	if errors.Is(err, handover.ErrNobody) {
		log.Info("nothing to take over, starting", "reason", err)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("-takeover: %w", err)
	}
	log.Info("taking over", "pid", h.PID, "version", h.Program, "sockets", len(h.Sockets), "draining", len(h.Draining))
	return &predecessor{h, began}, nil
}

// close closes the sockets that were handed over and not used.
func (p *predecessor) close() {
	if p != nil {
		p.Close()
	}
}

// nonces returns nil only without a takeover.
func (p *predecessor) nonces() (all []rpc.UsedNonce) {
	if p != nil {
		all = make([]rpc.UsedNonce, 0, len(p.Nonces))
		for _, x := range p.Nonces {
			all = append(all, rpc.UsedNonce(x))
		}
	}
	return all
}

func (p *predecessor) verdicts() (all []reconcile.Verdict) {
	if p != nil {
		for _, v := range p.Verdicts {
			all = append(all, reconcile.Verdict(v))
		}
	}
	return all
}

// sockets returns nil only without a takeover.
func (p *predecessor) sockets() []proxy.Socket {
	if p == nil {
		return nil
	}
	all := make([]proxy.Socket, 0, len(p.Sockets))
	for _, s := range p.Sockets {
		one := proxy.Socket{Network: s.Network, Address: s.Address, File: p.Take(s.File)}
		for _, r := range s.Routes {
			one.Routes = append(one.Routes, datagram.Route{Tag: r.Tag, File: p.Take(r.File)})
		}
		all = append(all, one)
	}
	return all
}

// listen opens the socket of one of the node's own servers, or uses the one that the older
// process had for the same flag.
func (p *predecessor) listen(asked string, of func(*handover.State) *handover.Server) (net.Listener, error) {
	if p != nil {
		if s := of(&p.State); s != nil {
			f := p.Take(s.File)
			defer f.Close()
			l, err := net.FileListener(f) // a copy
			if err != nil {
				return nil, err
			}
			if s.Asked == asked || sameAddress(asked, l.Addr()) {
				return l, nil
			}
			_ = l.Close() // the flag has changed
		}
	}
	return net.Listen("tcp", asked)
}

// sameAddress reports whether listening on asked means listening on addr.
func sameAddress(asked string, addr net.Addr) bool {
	a, err := net.ResolveTCPAddr("tcp", asked)
	return err == nil && a.AddrPort() == addr.(*net.TCPAddr).AddrPort()
}

func apiOf(s *handover.State) *handover.Server   { return s.API }
func adminOf(s *handover.State) *handover.Server { return s.Admin }

// settleTime is how long the statuses of the listeners may take to reach the store.
const settleTime = 10 * time.Second

// take starts to serve clients as soon as the older process has stopped.
func (n *Node) take(older *predecessor) error {
	if older != nil {
		// Until the statuses are in the store, the API would answer that no listener runs.
		select {
		case <-n.data.loop.Settled():
		case <-time.After(settleTime):
			n.log.Warn("taking over, although the store does not take the statuses")
		}
		if err := older.Ready(); err != nil {
			return fmt.Errorf("-takeover: %w", err)
		}
		n.data.traffic.Begin()
	}
	n.store.door.open(n.store.control().handler)
	if err := n.hear(); err != nil {
		return err
	}
	if older == nil {
		return nil
	}
	if err := older.Serving(); err != nil {
		return fmt.Errorf("-takeover: %w", err)
	}
	n.log.Info("taken over", "pid", older.PID, "took", time.Since(older.began).Round(time.Millisecond))
	return n.watch(older)
}

// A drainingProcess is an older process of this node that has not ended yet.
type drainingProcess struct {
	handover.Process
	life *os.File // a connection that is closed when the process ends
}

// drainingProcesses are the older processes that still drain.
type drainingProcesses struct {
	mu      sync.Mutex
	all     []*drainingProcess // guarded by mu
	watched sync.WaitGroup
}

// watch waits in the background for the ends of the older processes.
func (n *Node) watch(older *predecessor) error {
	life, err := older.Conn()
	if err != nil {
		return err
	}
	found := []*drainingProcess{{handover.Process{PID: older.PID, Program: older.Program, Tag: older.Tag}, life}}
	for _, p := range older.Draining {
		found = append(found, &drainingProcess{p, older.Take(p.File)})
	}
	older.Close() // life is a copy
	n.older.mu.Lock()
	n.older.all = slices.Clone(found) // shrinks in place
	n.older.mu.Unlock()
	for _, e := range found {
		n.older.watched.Go(func() { n.outlive(e) }) // ends with that process, or with drainingProcesses.unwatch, which waits
	}
	return nil
}

// unwatch stops watch.
func (e *drainingProcesses) unwatch() {
	for _, one := range e.list() {
		_ = one.life.Close()
	}
	e.watched.Wait()
}

// outlive waits for the end of an older process.
func (n *Node) outlive(e *drainingProcess) {
	if _, err := e.life.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, os.ErrClosed) {
		n.log.Debug("older process not watched", "pid", e.PID, "err", err)
	} else if err == io.EOF {
		n.log.Info("older process has ended", "pid", e.PID)
	}
	_ = e.life.Close() // nothing is sent on it
	n.data.traffic.Forget(e.Tag)
	n.older.mu.Lock()
	defer n.older.mu.Unlock()
	n.older.all = slices.DeleteFunc(n.older.all, func(x *drainingProcess) bool { return x == e })
}

// list returns the older processes that have not ended yet.
func (e *drainingProcesses) list() []*drainingProcess {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}
