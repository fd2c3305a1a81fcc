package proxy

import (
	"testing"
	"time"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

// A backend that answers without Connection: close, then half-closes and goes on reading,
// does not delay the next request. Each of them had waited for a second.
func TestBackendHalfCloses(t *testing.T) {
	each(t, func(t *testing.T, v version) {
		backend := scripted(t, func(_ int, p *peer) {
			if p.head() != "" {
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
				_ = p.CloseWrite()
				p.wait()
			}
		})
		r := newRig(t, []string{backend})
		a := r.asker(v)
		began := time.Now()
		for range 60 {
			a.ask("GET / HTTP/1.1\r\nHost: elbow.test\r\n\r\n").want(200, "hello")
		}
		if took := time.Since(began); took > patience {
			t.Errorf("60 requests took %v", took)
		}
	})
}

// The same holds for a backend whose connections were reused before: the one request that
// is sent on such a connection is retried.
func TestTrustedBackendHalfCloses(t *testing.T) {
	leak.Check(t)
	ends := make(chan struct{})
	backend := scripted(t, func(_ int, p *peer) {
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			select {
			case <-ends:
				_ = p.CloseWrite()
				p.wait()
				return
			default:
			}
		}
	})
	r := newRig(t, []string{backend})
	c := r.dial()
	pool := r.cfg.Backends[0].Pool
	for range 1100 {
		c.send("GET / HTTP/1.1\r\nHost: elbow.test\r\n\r\n").want(200, "hello")
	}
	if got := pool.Counts().Dials; got != 1 {
		t.Fatalf("got %d connections, want 1", got)
	}
	close(ends)
	for range 3 { // the last answer of the first connection, and two later ones
		c.send("GET / HTTP/1.1\r\nHost: elbow.test\r\n\r\n").want(200, "hello")
	}
	up, err := pool.GetRetryable(time.Time{}, socket.Now())
	if err != nil || up.Trusted {
		t.Fatalf("the backend is still trusted, or gone: %v", err)
	}
	_ = up.Close()
}
