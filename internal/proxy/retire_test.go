package proxy

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// An exchange with a backend that was removed continues, and is cut if it has not ended by
// the deadline: the client gets a truncated answer.
func TestRetiredBackendIsCutAtTheDeadline(t *testing.T) {
	leak.Check(t)
	each(t, testRetiredBackendIsCutAtTheDeadline)
}

func testRetiredBackendIsCutAtTheDeadline(t *testing.T, v version) {
	release := make(chan struct{})
	stream := origin(t, func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-req.Context().Done(): // the proxy has cut the connection
		case <-release: // the test has failed
		}
	})
	defer close(release)
	r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.DrainTimeout = 10 * time.Millisecond })
	first := r.lis.settings.Load()
	was := r.over(stream)
	r.lis.Swap(was)
	resp := r.asker(v).ask(get).response()
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Fatalf("head of the stream: %v", resp)
	}
	r.lis.Swap(first)
	was.Backends[0].Retire()
	if n, err := resp.Body.Read(make([]byte, 1)); err == nil {
		t.Fatalf("read %d bytes of a stream that has none", n)
	}
	line := r.log.next(t)
	if line["side"] != "self" || line["err"] != exchange.ErrOffBackend.Error() {
		t.Errorf("access log has %v", line)
	}
	r.asker(v).ask(get).want(200, "hello")
}

// A request that a removed backend has not answered by the deadline is not sent to it
// again on a new connection, which nothing would cut.
func TestRetiredBackendGetsNoRetry(t *testing.T) {
	leak.Check(t)
	each(t, func(t *testing.T, v version) {
		var asked atomic.Int64
		arrived := make(chan struct{}, 8)
		silent := origin(t, func(w http.ResponseWriter, req *http.Request) {
			if asked.Add(1) == 1 { // leaves an idle connection
				return
			}
			arrived <- struct{}{}
			<-req.Context().Done() // the proxy has cut the connection
		})
		r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) { o.DrainTimeout = 10 * time.Millisecond })
		first := r.lis.settings.Load()
		was := r.over(silent)
		r.lis.Swap(was)
		a := r.asker(v)
		a.ask(get).want(200, "")
		r.log.next(t)
		waits := a.ask(get)
		<-arrived
		r.lis.Swap(first)
		was.Backends[0].Retire()
		waits.want(502, "*")
		if line := r.log.next(t); line["side"] != "self" || line["err"] != exchange.ErrOffBackend.Error() {
			t.Errorf("access log has %v", line)
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("the backend got %d requests, want 2", n)
		}
	})
}
