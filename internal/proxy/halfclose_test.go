package proxy

import (
	"testing"
	"time"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

// A backend that answers as if the connection stayed, then ends its side of it and
// reads on, costs the next request nothing. Each of them had waited for a second.
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

// So it is with a backend that has been trusted, and then does so: the one request
// that trusts it is sent again.
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
	for range 3 { // the last answer of the first connection, and two behind it
		c.send("GET / HTTP/1.1\r\nHost: elbow.test\r\n\r\n").want(200, "hello")
	}
	up, err := pool.GetRetryable(time.Time{}, socket.Now())
	if err != nil || up.Trusted {
		t.Fatalf("the backend is still trusted, or gone: %v", err)
	}
	_ = up.Close()
}
