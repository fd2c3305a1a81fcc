package proxy

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"

	"elbow/internal/balance"
	"elbow/internal/datagram"
	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// successor returns a second proxy on the sockets of r, as the newer process of a takeover
// creates it: its listener exists, but accepts nothing yet. Its backend is at address.
func (r *rig) successor(address string) *rig {
	r.t.Helper()
	sockets := opened(r.t, r.proxy.Sockets())
	h := &rig{t: r.t, log: newLines()}
	h.proxy = New(Options{HTTP3: true, AccessLog: h.log, Log: slog.New(slog.DiscardHandler), Inherited: sockets})
	cfg := *r.cfg
	b := h.proxy.NewBackend("lb-test", 443, "successor", address)
	b.Member.SetHealth(balance.Healthy)
	cfg.Backends = []*exchange.Backend{b}
	cfg.Scheduler = scheduler(r.t, &balance.Group{Members: []*balance.Member{b.Member}, Weights: []int{100}})
	h.cfg = &cfg
	var err error
	if h.lis, err = h.proxy.Listen(r.lis.Addr(), h.cfg); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(h.close)
	return h
}

// opened returns the sockets as the other process receives them.
func opened(t testing.TB, given []Given) (all []Socket) {
	t.Helper()
	open := func(open func() (*os.File, error)) *os.File {
		f, err := open()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, g := range given {
		s := Socket{Network: g.Network, Address: g.Address, File: open(g.Open)}
		for _, r := range g.Routes {
			s.Routes = append(s.Routes, datagram.Route{Tag: r.Tag, File: open(r.Open)})
		}
		all = append(all, s)
	}
	return all
}

// yieldTo performs the steps of a takeover after the newer process is ready.
func (r *rig) yieldTo(h *rig) {
	r.proxy.Pause()
	h.proxy.Begin()
	r.lis.Yield()
}

// named is a backend that answers with the name, and to /held only after release is
// closed.
func named(t testing.TB, name string, release <-chan struct{}) string {
	return origin(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/held" {
			_, _ = io.WriteString(w, "begin ")
			_ = http.NewResponseController(w).Flush()
			<-release
		}
		_, _ = io.WriteString(w, name)
	})
}

// held begins a long request, and returns a function that reads the rest of its
// answer.
func held(t testing.TB, c *h3Client) (rest func() string) {
	t.Helper()
	req, err := http.NewRequest("GET", "https://elbow.test/held", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, len("begin "))
	if _, err := io.ReadFull(resp.Body, begin); err != nil {
		t.Fatal(err)
	}
	return func() string {
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Errorf("the rest of an answer: %v", err)
		}
		return string(b)
	}
}

// The old process serves its open connections to the end, the new one accepts new
// connections.
func TestHandover(t *testing.T) {
	leak.Check(t)
	release := make(chan struct{})
	r := newRig(t, []string{named(t, "old", release)})
	waiting := r.dial().send(get)
	waiting.want(200, "old")
	streaming := held(t, r.dialH3(nil))
	silent := r.dial() // has not begun its handshake

	h := r.successor(named(t, "new", nil))
	before := r.dial().send(get)
	before.want(200, "old")
	_ = before.Close()
	r.yieldTo(h)

	for range 3 {
		r.dial().send(get).want(200, "new")
		if got := h.dialH3(nil).get("/"); got != "new" {
			t.Errorf("a new QUIC connection: got %q", got)
		}
	}
	silent.send(get) // answered by the process that has accepted it
	silent.want(200, "*")
	if resp := waiting.send(get).want(200, "old"); !resp.Close {
		t.Error("the old process has not said Connection: close")
	}
	waiting.wantEnd()
	close(release)
	if got := streaming(); got != "old" {
		t.Errorf("the stream that was in flight ended with %q", got)
	}
	if err := r.lis.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	h.proxy.Forget(r.proxy.Tag())
	if n := len(h.lis.datagrams().GiveRoutes(h.proxy.tag)); n != 1 { // its own
		t.Errorf("%d routes are left", n-1)
	}
	if got := h.dialH3(nil).get("/"); got != "new" {
		t.Errorf("after the end of the old process: got %q", got)
	}
}

// While two older processes still have QUIC connections, a third takes over, and they
// end in any order.
func TestHandoverInARow(t *testing.T) {
	leak.Check(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		release := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
		rigs := []*rig{newRig(t, []string{named(t, "a", release[0])})}
		rests := []func() string{held(t, rigs[0].dialH3(nil))}
		for i, name := range []string{"b", "c"} {
			h := rigs[i].successor(named(t, name, release[i+1]))
			rigs[i].yieldTo(h)
			rigs = append(rigs, h)
			rests = append(rests, held(t, h.dialH3(nil)))
		}
		for _, i := range order {
			close(release[i])
			if got, want := rests[i](), string(rune('a'+i)); got != want {
				t.Errorf("%v: got %q, want %q", order, got, want)
			}
			if i < 2 {
				if err := rigs[i].lis.Drain(t.Context()); err != nil {
					t.Error(err)
				}
				rigs[2].proxy.Forget(rigs[i].proxy.Tag())
			}
		}
	}
}

// A process that has forwarded short packets to an older one still receives long packets
// after it has handed over its own sockets.
func TestHandoverLongPackets(t *testing.T) {
	leak.Check(t)
	release := make(chan struct{})
	a := newRig(t, []string{named(t, "a", release)})
	rest := held(t, a.dialH3(nil))
	b := a.successor(origin(t, func(w http.ResponseWriter, req *http.Request) {
		n, _ := io.Copy(io.Discard, req.Body)
		_, _ = fmt.Fprint(w, n)
	}))
	a.yieldTo(b)
	c := b.dialH3(nil)
	body, more := io.Pipe()
	answer := make(chan string)
	go func() { // ends with the answer, or after patience
		defer close(answer)
		_, text := c.do(c.request("POST", "/", body))
		answer <- text
	}()
	_, _ = more.Write([]byte("x"))
	close(release)
	if got := rest(); got != "a" { // b has forwarded acknowledgements
		t.Errorf("got %q", got)
	}
	b.yieldTo(b.successor(named(t, "c", nil)))
	for range 20 {
		_, _ = more.Write(make([]byte, 1000))
	}
	_ = more.Close()
	if got := <-answer; got != "20001" {
		t.Errorf("got %q", got)
	}
}

// If a newer process fails before Begin, the older one continues as before.
func TestHandoverThatComesToNothing(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{named(t, "old", nil)})
	c := r.dialH3(nil)
	if got := c.get("/"); got != "old" {
		t.Fatalf("got %q", got)
	}
	for range 2 {
		h := r.successor(named(t, "new", nil))
		r.proxy.Pause()
		h.close()
		r.proxy.Resume()
		if got := c.get("/"); got != "old" {
			t.Errorf("an old connection: got %q", got)
		}
		if got := r.dialH3(nil).get("/"); got != "old" {
			t.Errorf("a new connection: got %q", got)
		}
		r.dial().send(get).want(200, "old")
	}
}

// An inherited socket that no listener takes is closed, so that no client connects to
// a port that is not served.
func TestInheritedForNothing(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{named(t, "old", nil)})
	sockets := opened(t, r.proxy.Sockets())
	p := New(Options{HTTP3: true, Inherited: sockets})
	defer p.Close()
	if err := r.lis.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	p.Begin()
	if c, err := net.Dial("tcp", r.lis.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("the port still takes connections")
	}
}
