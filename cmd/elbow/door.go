package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"elbow/internal/gateway"
	"elbow/internal/handover"
)

// A door is where calls of the API come in. As long as this process has the store
// it leads to the gateway, once another process has taken over to that one; in
// between it is shut, and calls wait.
type door struct {
	mu     sync.Mutex
	to     http.Handler  // guarded by mu; nil: shut
	inside int           // calls that were let in; guarded by mu
	moved  chan struct{} // closed when to or inside changes; guarded by mu
}

func newDoor() *door { return &door{moved: make(chan struct{})} }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if passed, ok := r.Context().Value(connKey{}).(net.Conn); ok && r.TLS == nil && handover.Secure(passed) {
		r.TLS = new(tls.ConnectionState) // the client's, which an older process has ended
	}
	to := d.enter(r.Context())
	if to == nil {
		return // the client is gone
	}
	defer d.leave()
	to.ServeHTTP(w, r)
}

// connKey finds the connection in the context of a request.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// enter waits until the door is open.
func (d *door) enter(ctx context.Context) http.Handler {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.to == nil {
		if !d.wait(ctx.Done()) {
			return nil
		}
	}
	d.inside++
	return d.to
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	d.tell()
}

// wait returns when something has moved or, with false, when ended is closed.
// Called with mu held, which it lets go of meanwhile.
func (d *door) wait(ended <-chan struct{}) bool {
	moved := d.moved
	d.mu.Unlock()
	defer d.mu.Lock()
	select {
	case <-moved:
		return true
	case <-ended:
		return false
	}
}

// tell is called with mu held.
func (d *door) tell() {
	close(d.moved)
	d.moved = make(chan struct{})
}

// open lets calls go to a handler.
func (d *door) open(to http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.to = to
	d.tell()
}

// shut lets nobody in any more and waits for those inside, until ctx ends.
func (d *door) shut(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.to = nil
	for d.inside > 0 {
		if !d.wait(ctx.Done()) {
			return ctx.Err()
		}
	}
	return nil
}

// A passing hands calls to the process that has the store now. They come on
// connections that are older than it.
type passing struct {
	data string // directory
	log  *slog.Logger
}

// passTime bounds a call that is passed on; the gateway has bounds of its own.
const passTime = time.Minute

func (p *passing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := p.pass(w, r); err != nil {
		p.log.Warn("call not passed on to the process that took over", "client", r.RemoteAddr, "err", err)
		gateway.Unavailable(w, r, "This process has been replaced: connect again.")
	}
}

// pass has an error if nothing was answered.
func (p *passing) pass(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Connection", "close")        // the next one is to go there directly
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes nothing else
	c, err := handover.DialCall(p.data, buildVersion(), from, r.TLS != nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(passTime)); err != nil {
		return err
	}
	out := r.Clone(r.Context())
	out.Close = true
	if err := out.Write(c); err != nil {
		return err
	}
	in, err := http.ReadResponse(bufio.NewReader(c), out)
	if err != nil {
		return err
	}
	defer in.Body.Close()
	for name, values := range in.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Connection", "close")
	w.WriteHeader(in.StatusCode)
	_, _ = io.Copy(flushing{w}, in.Body) // the client may be gone
	return nil
}

// flushing passes on what comes when it comes: the console has answers that grow.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	return n, err
}
