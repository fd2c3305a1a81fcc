package stress

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A said is the answer of a backend: its name and what it received.
type said struct {
	Backend string
	Port    string // X-Forwarded-Port: the listener that the request came through
	Token   string // from the query
	Sum     uint32 // of the body
}

// tickEvery is the pause between two lines of a stream.
const tickEvery = 200 * time.Millisecond

// The moods of a backend: how it treats requests.
const (
	well      = iota
	dead      // it does not listen
	stalling  // requests are read and not answered
	resetting // answers are cut by a reset
	moods
)

// A backend answers with its name (/), with an endless stream (/stream), or with an echo
// on an upgraded connection (/echo). Its mood may change.
type backend struct {
	name, address string
	mood          atomic.Int32

	mu      sync.Mutex
	server  *http.Server  // guarded by mu; nil: nobody listens
	recover chan struct{} // guarded by mu; closed when a stall ends
}

func newBackend(t *testing.T, name string) *backend {
	t.Helper()
	b := &backend{name: name, recover: make(chan struct{})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.address = l.Addr().String()
	b.serve(l)
	t.Cleanup(func() { b.be(dead) })
	return b
}

func (b *backend) serve(l net.Listener) {
	b.server = &http.Server{Handler: b}
	go func() { _ = b.server.Serve(l) }() // ends when the server is closed
}

// be changes the mood.
func (b *backend) be(mood int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mood.Swap(mood) == stalling {
		close(b.recover)
		b.recover = make(chan struct{})
	}
	if mood == dead && b.server != nil {
		_ = b.server.Close() // its connections, too
		b.server = nil
	}
	for mood != dead && b.server == nil {
		l, err := net.Listen("tcp", b.address)
		if err != nil { // an outgoing connection of another process uses the port
			time.Sleep(10 * time.Millisecond)
			continue
		}
		b.serve(l)
	}
}

// sway changes the mood from time to time, to well in between, until ctx ends.
func (b *backend) sway(ctx context.Context, every time.Duration) {
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			b.be(well)
			return
		case <-time.After(every/2 + rand.N(every)):
		}
		if i%2 == 0 {
			b.be(1 + rand.Int32N(moods-1))
		} else {
			b.be(well)
		}
	}
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch b.mood.Load() {
	case stalling:
		b.mu.Lock()
		recover := b.recover
		b.mu.Unlock()
		select {
		case <-recover:
		case <-r.Context().Done():
		}
	case resetting:
		b.reset(w)
		return
	}
	w.Header().Set("X-Backend", b.name)
	switch r.URL.Path {
	case "/stream":
		b.stream(w, r)
	case "/echo":
		b.echo(w)
	default:
		sum := crc32.NewIEEE()
		_, _ = io.Copy(sum, r.Body) // what is missing shows in the sum
		_ = json.NewEncoder(w).Encode(said{b.name, r.Header.Get("X-Forwarded-Port"), r.URL.Query().Get("token"), sum.Sum32()})
	}
}

// reset resets the connection, before the answer or within it.
func (b *backend) reset(w http.ResponseWriter) {
	c, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if rand.IntN(2) == 0 {
		_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nX-Backend: " + b.name + "\r\nContent-Length: 100\r\n\r\nhalf")
		_ = buf.Flush()
	}
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

// stream sends numbered lines until the client disconnects.
func (b *backend) stream(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		if _, err := fmt.Fprintln(w, strconv.Itoa(n)); err != nil || c.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// echo switches protocols and sends back what it receives.
func (b *backend) echo(w http.ResponseWriter) {
	c, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = buf.WriteString("HTTP/1.1 101 Switching Protocols\r\nX-Backend: " + b.name + "\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
	if buf.Flush() == nil {
		_, _ = io.Copy(c, buf)
	}
}
