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

// A door is where calls of the API come in. As long as this process has the store
// it leads to the gateway, once another process has taken over to that one; in
// between it is shut, and calls wait.
//
// A call is inside from when all of it has come until its answer begins: a client
// that is slow to send or to read, whoever it is, does not keep the door from being
// shut. A stream is inside to its end, which shutting waits for.
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
	defer bringBody(r)()
	to := d.enter(r.Context())
	if to == nil {
		return // the client is gone
	}
	in := &visitor{ResponseWriter: w, door: d}
	defer in.leave()
	to.ServeHTTP(in, r)
}

// maxBrought is how much of a body is read before a call is let in, in bytes: more
// than any call may have, and any form of a stranger.
const maxBrought = 256<<10 + 1

// brought are buffers for bodies. A body of 256 KiB that was read into a new one left
// 1.3 MB to the collector, of which a stranger may send 60 in a second.
var brought = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// bringBody reads the body of a request into memory. What is over maxBrought, or an
// error, comes when the body is read. release is called when nobody reads it any more.
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

// failing is a reader that has failed.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A visitor is a call that was let in. It leaves when its answer begins: what it
// did is done by then.
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

// Unwrap is for http.ResponseController.
func (v *visitor) Unwrap() http.ResponseWriter { return v.ResponseWriter }

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
	data    string // directory
	version string // of the program
	log     *slog.Logger
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
