package proxy

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/balance"
	"elbow/internal/leak"
)

func backendLimit(n int, patience time.Duration) setting {
	return func(o *Options, _ *Config) { o.MaxBackendConns, o.QueueTimeout = n, patience }
}

// holding is a backend that answers hello; it answers /hold after release.
func holding(t *testing.T) (address string, asked, release chan struct{}) {
	asked, release = make(chan struct{}, 16), make(chan struct{})
	return origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			asked <- struct{}{}
			<-release
		}
		hello(w, r)
	}), asked, release
}

const hold = "GET /hold HTTP/1.1\r\nHost: elbow.test\r\n\r\n"

// awaitWaiting returns when n exchanges wait for a place at backend i.
func (r *rig) awaitWaiting(i, n int) {
	r.t.Helper()
	for end := time.Now().Add(patience); r.cfg.Backends[i].Gate.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%d wait for a place at backend %d, want %d", r.cfg.Backends[i].Gate.Waiting(), i, n)
		}
	}
}

// awaitFree returns when backend i has no exchange: a client has its answer a moment
// before its exchange has ended.
func (r *rig) awaitFree(i int) {
	r.t.Helper()
	for end := time.Now().Add(patience); r.cfg.Backends[i].Member.Active.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("backend %d is not free", i)
		}
	}
}

// A backend at its limit of exchanges gets no more: one exchange queues, the next is
// refused at once, and when places are free again both are served.
func TestBackendLimit(t *testing.T) { each(t, testBackendLimit) }

func testBackendLimit(t *testing.T, v version) {
	address, asked, release := holding(t)
	r := newRig(t, []string{address}, backendLimit(1, time.Minute))
	inside, waiting, refused := r.asker(v), r.asker(v), r.asker(v)
	inside.ask(hold)
	<-asked
	waiting.ask(get)
	r.awaitWaiting(0, 1)
	refused.ask(get)
	if got := refused.want(503, "503 Service Unavailable\n").Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %q, want 1", got)
	}
	if line := r.log.next(t); line["side"] != "upstream" || line["op"] != "queue" || line["backend"] != "a" {
		t.Errorf("access log has %v", line)
	}
	r.wantSeries(map[string]float64{
		"elbow_backend_queued_total{backend=a,lb=lb-test,listener=443}":                2,
		"elbow_backend_refused_total{backend=a,lb=lb-test,listener=443}":               1,
		"elbow_backend_waiting{backend=a,lb=lb-test,listener=443}":                     1,
		"elbow_backend_faults_total{backend=a,lb=lb-test,listener=443,op=queue}":       1,
		"elbow_backend_dials_total{backend=a,lb=lb-test,listener=443,result=ok}":       1,
		"elbow_listener_faults_total{lb=lb-test,listener=443,op=queue,side=upstream}":  1,
		"elbow_listener_faults_total{lb=lb-test,listener=443,op=choose,side=upstream}": 0,
	})
	close(release)
	inside.want(200, "hello")
	waiting.want(200, "hello")
	refused.ask(get) // on the same connection
	refused.want(200, "hello")
	for range 3 {
		r.log.next(t)
	}
	wantEmpty(t, &r.cfg.Backends[0].Gate)
}

// No exchange waits for longer than QueueTimeout.
func TestQueueTimeout(t *testing.T) {
	leak.Check(t)
	address, asked, release := holding(t)
	defer close(release)
	r := newRig(t, []string{address}, backendLimit(1, 20*time.Millisecond))
	r.dial().send(hold)
	<-asked
	r.dial().send(get).want(503, "*")
}

// A client that disconnects while it waits leaves the queue.
func TestClientGoneFromQueue(t *testing.T) {
	leak.Check(t)
	for name, ask := range map[string]func(*rig) (leave func()){
		"HTTP/1.1": func(r *rig) func() { return r.dial().ask(get).leave },
		"HTTP/2": func(r *rig) func() {
			c := r.dialFrames()
			id := c.open(true)
			return func() { c.ok(c.WriteRSTStream(id, http2.ErrCodeCancel)) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, asked, release := holding(t)
			defer close(release)
			r := newRig(t, []string{address}, backendLimit(1, time.Minute))
			r.dial().send(hold)
			<-asked
			leave := ask(r)
			r.awaitWaiting(0, 1)
			leave()
			r.awaitWaiting(0, 0)
			if line := r.log.next(t); line["status"] != 499.0 || line["op"] != "queue" {
				t.Errorf("access log has %v", line)
			}
		})
	}
}

// A full member is skipped if another one has a free place; but a client with a session of
// the full one waits for it.
func TestFullMemberIsPassedOver(t *testing.T) {
	leak.Check(t)
	asked, release := make(chan struct{}), make(chan struct{})
	named := func(name string) string {
		return origin(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hold" {
				close(asked)
				<-release
			}
			_, _ = w.Write([]byte(name))
		})
	}
	r := newRig(t, []string{named("a"), named("b")}, backendLimit(1, time.Minute))
	cfg := *r.cfg
	group := &balance.Group{Members: []*balance.Member{cfg.Backends[0].Member, cfg.Backends[1].Member}, Weights: []int{1, 1}}
	cfg.Sticky = balance.NewInsert(group, make([]byte, 32), time.Hour, balance.NoSameSite)
	r.lis.Swap(&cfg)

	busy := r.dial()
	resp, full, _ := busy.send(get).answer("GET")
	i := strings.Index("ab", full)
	session := resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
	busy.send("GET /hold HTTP/1.1\r\nHost: a\r\nCookie: " + session + "\r\n\r\n")
	<-asked
	for range 4 {
		r.awaitFree(1 - i)
		r.dial().send(get).want(200, string("ab"[1-i]))
	}
	bound := r.dial().send("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + session + "\r\n\r\n")
	r.awaitWaiting(i, 1)
	close(release)
	busy.want(200, full)
	bound.want(200, full)
}
