package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"elbow/internal/handover"
	"elbow/internal/proxy"
	"elbow/internal/socket"
)

// maxDraining is the number of older processes of the node that may drain at once. Each of
// them ends after -drain-timeout at the latest, but takes memory until then.
const maxDraining = 8

// yield runs in the older process of a takeover. It hands the node over to a newer process
// and reports whether that one serves. If not, this process goes on as before, unless ctx
// has ended: then it is about to end itself, and the newer process finds it gone.
func (n *Node) yield(ctx context.Context, r *handover.Request) bool {
	began := time.Now()
	n.log.Info("takeover asked for", "pid", r.PID, "version", r.Program)
	if err := mayYield(n.data.traffic, n.older.list()); err != nil {
		n.log.Warn("takeover refused", "err", err)
		r.Refuse(err)
		return false
	}
	if err := n.store.suspend(ctx); err != nil {
		n.log.Warn("takeover refused", "err", err)
		r.Refuse(err)
		n.store.resume(ctx)
		return false
	}
	if err := n.give(ctx, r); err != nil {
		n.log.Error("takeover came to nothing, this process goes on", "pid", r.PID, "err", err)
		if err := n.hear(); err != nil { // the newer process may already have bound the socket's name
			n.log.Error("no takeover possible", "err", err)
		}
		n.store.resume(ctx)
		return false
	}
	n.log.Info("taken over, draining", "by", r.PID, "took", time.Since(began).Round(time.Millisecond))
	return true
}

// mayYield returns an error if too many processes drain already, or if a takeover needs
// more descriptors than there are.
func mayYield(traffic *proxy.Proxy, draining []*drainingProcess) error {
	if need := traffic.Files().ForTakeover(); need > 0 {
		if left, ok := mayOpen(need); !ok {
			return fmt.Errorf("a takeover needs %d more open files here, and %d are left: end some connections, "+
				"or stop this process and start another one with a higher limit (LimitNOFILE, ulimit -n)", need, left)
		}
	}
	if len(draining) < maxDraining {
		return nil
	}
	var pids []string
	for _, e := range draining {
		pids = append(pids, fmt.Sprint(e.PID))
	}
	return fmt.Errorf("%d older processes still drain (%s): wait until one has ended, which it does within its -drain-timeout",
		len(draining), strings.Join(pids, ", "))
}

// give hands over everything but the store. If it returns an error, nothing was handed
// over.
func (n *Node) give(ctx context.Context, r *handover.Request) error {
	s, files := n.state()
	defer context.AfterFunc(ctx, r.Close)()
	if err := r.Give(s, files); err != nil {
		return err
	}
	n.data.traffic.Pause()
	if err := r.Begin(); err != nil {
		return err
	}
	// From here on the newer process serves, whatever happens.
	n.yielded.Store(true)
	n.draining.Store(true)
	n.data.loop.Yield()
	_ = n.api.listener.Close() // not needed: the newer process has the socket
	if n.admin != nil {
		_ = n.admin.Close() // not needed either
	}
	n.store.door.open(&passing{n.config.Data, n.config.Version, n.log})
	r.Done()
	n.successor = r
	return nil
}

// state collects the state that a newer process continues with, and functions that open
// copies of the files.
func (n *Node) state() (s *handover.State, files []handover.Source) {
	add := func(open handover.Source) int {
		files = append(files, open)
		return len(files) - 1
	}
	s = &handover.State{Tag: n.data.traffic.Tag()}
	s.API = server(n.config.API, n.api.listener, add)
	if n.admin != nil {
		s.Admin = server(n.config.Admin, n.admin, add)
	}
	for _, one := range n.data.traffic.Sockets() {
		given := handover.Socket{Network: one.Network, Address: one.Address, File: add(one.Open)}
		for _, r := range one.Routes {
			given.Routes = append(given.Routes, handover.Route{Tag: r.Tag, File: add(r.Open)})
		}
		s.Sockets = append(s.Sockets, given)
	}
	if n.data.streams != nil {
		for _, one := range n.data.streams.Sockets() {
			s.Sockets = append(s.Sockets, handover.Socket{Network: "tcp", Address: one.Address, File: add(one.Open)})
		}
	}
	if n.data.relay != nil {
		for _, one := range n.data.relay.Sockets() {
			s.Sockets = append(s.Sockets, handover.Socket{Network: "udp", Address: one.Address, File: add(one.Open)})
		}
	}
	for _, e := range n.older.list() {
		p := e.Process
		p.File = add(func() (*os.File, error) {
			life, err := socket.Duplicate(e.life)
			if errors.Is(err, os.ErrClosed) {
				return os.Open(os.DevNull) // reads as closed, as the process that it stood for has just ended
			}
			return life, err
		})
		s.Draining = append(s.Draining, p)
	}
	for _, v := range n.data.loop.Verdicts() {
		s.Verdicts = append(s.Verdicts, handover.Verdict(v))
	}
	for _, x := range n.store.nonces {
		s.Nonces = append(s.Nonces, handover.Nonce(x))
	}
	return s, files
}

func server(asked string, l *net.TCPListener, add func(handover.Source) int) *handover.Server {
	return &handover.Server{Asked: asked, File: add(func() (*os.File, error) { return socket.Duplicate(l) })}
}
