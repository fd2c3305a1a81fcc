package node

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/connlimit"
	"elbow/internal/leak"
)

// oneConn is a listener that accepts one connection and then none.
type oneConn struct {
	net.Listener
	conn net.Conn
}

func (l *oneConn) Accept() (net.Conn, error) { return l.conn, nil }

// Requests of unauthenticated clients are begun at anonymousRequests a second, in order, and
// those of authenticated clients at once.
func TestUnauthenticatedClientsArePaced(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := DefaultConfig()
		g := newClientLimits(c, &oneConn{conn: ours})
		conn, err := g.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		served := make(chan struct{}, 10_000)
		h := g.pace(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served <- struct{}{} }))
		ask := func() {
			r := httptest.NewRequest("GET", "/", nil)
			h.ServeHTTP(nil, r.WithContext(withConn(t.Context(), conn)))
		}
		began := time.Now()
		const requests = anonymousBurst + 2*anonymousRequests
		var all sync.WaitGroup
		for range requests {
			all.Go(ask)
		}
		synctest.Wait()
		if n := len(served); n != anonymousBurst {
			t.Errorf("%d of %d are begun at once, want %d", n, requests, anonymousBurst)
		}
		connlimit.Trust(conn)
		ask()
		if waited := time.Since(began); waited != 0 {
			t.Errorf("a trusted client waits %s behind unauthenticated ones", waited)
		}
		all.Wait()
		if took := time.Since(began).Round(time.Millisecond); took != 2*time.Second {
			t.Errorf("all took %s, want 2s", took)
		}
	})
}

// An unauthenticated client that disconnects is not waited for.
func TestUnauthenticatedClientDisconnects(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		g := newClientLimits(DefaultConfig(), &oneConn{conn: ours})
		conn, err := g.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		served := 0
		h := g.pace(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }))
		gone, disconnect := context.WithCancel(withConn(t.Context(), conn))
		disconnect()
		for range 2 * anonymousBurst {
			h.ServeHTTP(nil, httptest.NewRequest("GET", "/", nil).WithContext(gone))
		}
		if served != 0 {
			t.Errorf("%d requests of a client that had disconnected were served", served)
		}
	})
}

// Connections that were closed to make room are counted in the metrics.
func TestClosedConnectionsAreCounted(t *testing.T) {
	leak.Check(t)
	n := startNode(t, testConfig(t))
	var text string
	res, err := http.Get(n.AdminURL + "/metrics")
	if err == nil {
		var body []byte
		body, err = io.ReadAll(res.Body)
		res.Body.Close()
		text = string(body)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"elbow_api_connections_closed_total 0\n", "elbow_api_connections 0\n", "elbow_certificates_invalid{reason=\"expired\"} 0\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the metrics", want)
		}
	}
}
