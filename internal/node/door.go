package node

import (
	"bufio"
	"bytes"
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

// A door routes the calls of the API. While this process owns the store, calls go to the
// gateway; once another process has taken over, they are passed on to that one; in between
// the door is shut, and calls wait.
//
// A call is inside from the time it has been received completely until its answer begins,
// so that no client that sends or reads slowly can keep the door from being shut. A stream
// is inside until it ends: shutting waits for it.
type door struct {
	mu     sync.Mutex
	to     http.Handler  // guarded by mu; nil: shut
	inside int           // calls that were let in; guarded by mu
	moved  chan struct{} // closed when to or inside changes; mu guards it
}

func newDoor() *door { return &door{moved: make(chan struct{})} }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if passed, ok := r.Context().Value(connKey{}).(net.Conn); ok && r.TLS == nil && handover.Secure(passed) {
		r.TLS = new(tls.ConnectionState) // that of the client, which an older process has terminated
	}
	defer bringBody(r)()
	to := d.enter(r.Context())
	if to == nil {
		return // the client has disconnected
	}
	in := &visitor{ResponseWriter: w, door: d}
	defer in.leave()
	to.ServeHTTP(in, r)
}

// maxBrought is how much of a body is read before a call is let in, in bytes: more than
// any call may have, and than any form that an unauthenticated client may send.
const maxBrought = 256<<10 + 1

// brought pools buffers for bodies. With a new buffer each, a body of 256 KiB left 1.3 MB
// to the garbage collector, and an unauthenticated client may send 60 of them a second.
var brought = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// bringBody reads the body of a request into memory. What exceeds maxBrought, or an error,
// is returned when the body is read. release has to be called when nobody reads it any
// more.
func bringBody(r *http.Request) (release func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	start := brought.Get().(*bytes.Buffer)
	start.Reset()
	_, err := start.ReadFrom(io.LimitReader(r.Body, maxBrought))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start.Bytes()), rest), r.Body}
	return func() { brought.Put(start) }
}

// failing is a reader that always returns its error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A visitor is the response writer of a call that was let in. The call leaves when its
// answer begins: its effects are complete by then.
type visitor struct {
	http.ResponseWriter
	door *door
	left bool
}

func (v *visitor) leave() {
	if !v.left {
		v.left = true
		v.door.leave()
	}
}

func (v *visitor) WriteHeader(status int) {
	if status >= 200 && v.Header().Get("Content-Type") != "text/event-stream" {
		v.leave()
	}
	v.ResponseWriter.WriteHeader(status)
}

func (v *visitor) Write(p []byte) (int, error) {
	if v.Header().Get("Content-Type") != "text/event-stream" {
		v.leave()
	}
	return v.ResponseWriter.Write(p)
}

// Unwrap implements the interface that http.ResponseController looks for.
func (v *visitor) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// connKey is the context key of a request's connection.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// enter waits until the door is open and returns its handler.
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

// wait returns true when to or inside has changed, and false when ended is closed. Called
// with mu held, which it releases while it waits.
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

// tell wakes all waiters. Called with mu held.
func (d *door) tell() {
	close(d.moved)
	d.moved = make(chan struct{})
}

// open routes calls to a handler.
func (d *door) open(to http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.to = to
	d.tell()
}

// shut makes new calls wait, and returns when none is inside or ctx ends.
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

// A passing forwards calls to the process that owns the store now, which did not accept
// their connections.
type passing struct {
	data    string // directory
	version string // of the program
	log     *slog.Logger
}

// passTime bounds a forwarded call; the gateway has bounds of its own.
const passTime = time.Minute

func (p *passing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := p.pass(w, r); err != nil {
		p.log.Warn("call not passed on to the process that took over", "client", r.RemoteAddr, "err", err)
		gateway.Unavailable(w, r, "This process has been replaced: connect again.")
	}
}

// pass returns an error if nothing was answered.
func (p *passing) pass(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Connection", "close")        // the next request should reach the newer process directly
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes no other form
	c, err := handover.DialCall(p.data, p.version, from, r.TLS != nil)
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
	_, _ = io.Copy(flushing{w}, in.Body) // the client may have disconnected
	return nil
}

// flushing flushes each write: the console has answers that grow over time.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	return n, err
}
