package health

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"elbow/internal/leak"
)

// serveH2C serves only HTTP/2 by prior knowledge, on a new port.
func serveH2C(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var speaks http.Protocols
	speaks.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &speaks}
	ended := make(chan struct{})
	go func() { // ends with Close below
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-ended
	})
	return l.Addr().String()
}

func TestProbe2(t *testing.T) {
	leak.Check(t)
	seen := make(chan string, 1)
	address := serveH2C(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Proto + " " + r.Method + " " + r.RequestURI + " " + r.Host + " " + r.UserAgent()
		switch r.URL.Path {
		case "/down":
			w.WriteHeader(503)
		case "/long":
			w.Header().Set("X-Long", strings.Repeat("y", 60<<10))
		case "/body":
			_, _ = io.WriteString(w, strings.Repeat("y", 1<<20))
		}
	})
	for _, tt := range []struct {
		cfg  Config
		seen string
		err  string
	}{
		{Config{}, "HTTP/2.0 HEAD / " + address + " KeepAliveClient", ""},
		{Config{Method: "get", URI: "/a%2fb?c=d&e", Host: "shop.test"}, "HTTP/2.0 GET /a%2fb?c=d&e shop.test KeepAliveClient", ""},
		{Config{URI: "/down"}, "HTTP/2.0 HEAD /down " + address + " KeepAliveClient", "status 503"},
		{Config{URI: "/long"}, "HTTP/2.0 HEAD /long " + address + " KeepAliveClient", ""},
		{Config{URI: "/body", Method: "GET"}, "HTTP/2.0 GET /body " + address + " KeepAliveClient", ""},
	} {
		tt.cfg.Address, tt.cfg.Timeout, tt.cfg.Success[2] = address, time.Minute, true
		err := newProbe2(tt.cfg).do(t.Context())
		if text(err) != tt.err {
			t.Errorf("%s: got %q, want %q", tt.seen, text(err), tt.err)
		}
		if got := <-seen; got != tt.seen {
			t.Errorf("the backend saw %q, want %q", got, tt.seen)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The texts contain no local port, so that one reason is not reported twice.
func TestProbe2Fails(t *testing.T) {
	leak.Check(t)
	answering := func(answer string) string { // on a connection that stays open
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { // ends when l is closed
			defer close(ended)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.ReadFull(c, make([]byte, 24))
				_, _ = io.WriteString(c, answer)
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}
		}()
		t.Cleanup(func() { _ = l.Close(); <-ended })
		return l.Addr().String()
	}
	for _, tt := range []struct {
		name, address string
		timeout       time.Duration
		want          string
	}{
		{"nobody listens", closedPort(t, "tcp"), time.Minute, "connect: connection refused"},
		{"HTTP/1.1", answering("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), time.Minute, "the answer is not HTTP/2"},
		{"silence", answering(""), 500 * time.Millisecond, "receive: no answer within 500ms"},
	} {
		p := newProbe2(Config{Address: tt.address, Timeout: tt.timeout})
		for range 2 {
			if got := text(p.do(t.Context())); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
	}
}
