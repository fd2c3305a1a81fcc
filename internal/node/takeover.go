package node

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"elbow/internal/balance"
	"elbow/internal/datagram"
	"elbow/internal/handover"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
	"elbow/internal/rpc"
)

// What of a takeover the newer process does. An heir is nil if there is none: it
// has nothing to inherit then.
type predecessor struct {
	*handover.Heir
	began time.Time // when the older process was asked
}

// ask asks the process that runs on the data directory to hand over.
func (n *Node) ask(c Config) (*predecessor, error) {
	if !c.Takeover {
		return nil, nil
	}
	began := time.Now()
	h, err := handover.Dial(c.Data, c.Version)
	if errors.Is(err, handover.ErrNobody) {
		n.log.Info("nothing to take over, starting", "reason", err)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("-takeover: %w", err)
	}
	n.log.Info("taking over", "pid", h.PID, "version", h.Program, "sockets", len(h.Sockets), "draining", len(h.Draining))
	n.atEnd(h.Close)
	return &predecessor{h, began}, nil
}

// nonces is nil only if there is nothing to take over.
func (h *predecessor) nonces() (all []rpc.UsedNonce) {
	if h != nil {
		all = make([]rpc.UsedNonce, 0, len(h.Nonces))
		for _, x := range h.Nonces {
			all = append(all, rpc.UsedNonce(x))
		}
	}
	return all
}

func (h *predecessor) verdicts() (all []reconcile.Verdict) {
	if h != nil {
		for _, v := range h.Verdicts {
			all = append(all, reconcile.Verdict{
				LoadBalancer: v.LoadBalancer, Listener: v.Listener, UDP: v.UDP,
				Server: v.Server, Port: v.Port, Address: v.Address, Health: balance.Health(v.Health),
			})
		}
	}
	return all
}

// sockets is nil only if there is nothing to take over.
func (h *predecessor) sockets() []proxy.Socket {
	if h == nil {
		return nil
	}
	all := make([]proxy.Socket, 0, len(h.Sockets))
	for _, s := range h.Sockets {
		one := proxy.Socket{Network: s.Network, Address: s.Address, File: h.Take(s.File)}
		for _, r := range s.Routes {
			one.Routes = append(one.Routes, datagram.Route{Tag: r.Tag, File: h.Take(r.File)})
		}
		all = append(all, one)
	}
	return all
}

// listen opens the socket of a server of the node's own, or goes on with the one
// that the older process had for the same flag.
func (h *predecessor) listen(asked string, of func(*handover.State) *handover.Server) (net.Listener, error) {
	if h != nil {
		if s := of(&h.State); s != nil {
			f := h.Take(s.File)
			defer f.Close()
			l, err := net.FileListener(f) // a copy
			if err != nil {
				return nil, err
			}
			if s.Asked == asked || sameAddress(asked, l.Addr()) {
				return l, nil
			}
			_ = l.Close() // it is wanted elsewhere now
		}
	}
	return net.Listen("tcp", asked)
}

// sameAddress reports whether to listen on asked is to listen on addr.
func sameAddress(asked string, addr net.Addr) bool {
	a, err := net.ResolveTCPAddr("tcp", asked)
	return err == nil && a.AddrPort() == addr.(*net.TCPAddr).AddrPort()
}

func apiOf(s *handover.State) *handover.Server   { return s.API }
func adminOf(s *handover.State) *handover.Server { return s.Admin }

// settleTime is how long the store may take to be told how the listeners stand.
const settleTime = 10 * time.Second

// take takes what clients send, from the moment when the older process lets go.
func (n *Node) take(h *predecessor) error {
	if h != nil {
		// Until the store knows, the API would answer that no listener runs.
		select {
		case <-n.loop.Settled():
		case <-time.After(settleTime):
			n.log.Warn("taking over, although the store does not take the statuses")
		}
		if err := h.Ready(); err != nil {
			return fmt.Errorf("-takeover: %w", err)
		}
		n.traffic.Begin()
	}
	n.door.open(n.control.Load().handler)
	if err := n.hear(); err != nil {
		return err
	}
	if h == nil {
		return nil
	}
	if err := h.Serving(); err != nil {
		return fmt.Errorf("-takeover: %w", err)
	}
	n.log.Info("taken over", "pid", h.PID, "took", time.Since(h.began).Round(time.Millisecond))
	return n.follow(h)
}

// An elder is an older process that has not ended yet.
type elder struct {
	handover.Process
	life *os.File // a connection that ends with it
}

// elders are those there are.
type elders struct {
	mu      sync.Mutex
	all     []*elder // guarded by mu
	watched sync.WaitGroup
}

// follow watches the older processes to their ends.
func (n *Node) follow(h *predecessor) error {
	life, err := h.Conn()
	if err != nil {
		return err
	}
	found := []*elder{{handover.Process{PID: h.PID, Program: h.Program, Tag: h.Tag}, life}}
	for _, p := range h.Draining {
		found = append(found, &elder{p, h.Take(p.File)})
	}
	h.Close() // life is a copy
	n.elders.mu.Lock()
	n.elders.all = slices.Clone(found) // shrinks in place
	n.elders.mu.Unlock()
	for _, e := range found {
		n.elders.watched.Go(func() { n.outlive(e) }) // ends with that process, or when life is closed; the function below waits
	}
	n.atEnd(func() {
		for _, e := range found {
			_ = e.life.Close() // ends the watch
		}
		n.elders.watched.Wait()
	})
	return nil
}

// outlive waits for the end of an older process.
func (n *Node) outlive(e *elder) {
	if _, err := e.life.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, os.ErrClosed) {
		n.log.Debug("older process not watched", "pid", e.PID, "err", err)
	} else if err == io.EOF {
		n.log.Info("older process has ended", "pid", e.PID)
	}
	_ = e.life.Close() // nothing comes on it
	n.traffic.Forget(e.Tag)
	n.elders.mu.Lock()
	defer n.elders.mu.Unlock()
	n.elders.all = slices.DeleteFunc(n.elders.all, func(x *elder) bool { return x == e })
}

// list is who has not ended yet.
func (e *elders) list() []*elder {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}
