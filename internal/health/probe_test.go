package health

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"elbow/internal/leak"
)

// backend is a TCP server on loopback that passes each connection to serve after
// reading the request.
func backend(t *testing.T, serve func(conn *net.TCPConn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					serve(conn.(*net.TCPConn))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// answer is a backend that sends text and closes.
func answer(t *testing.T, text string) (address string) {
	return backend(t, func(conn *net.TCPConn) { _, _ = io.WriteString(conn, text) })
}

// probeConfig is a probe of address that counts 2xx as success.
func probeConfig(address string) Config {
	return Config{Address: address, Timeout: 10 * time.Second, Success: [6]bool{2: true}}
}

func TestProbe(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name   string
		answer string
		method string
		want   string // text of the error, "" for a success
	}{
		{"head", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "head", ""},
		{"get", "HTTP/1.1 204 No Content\r\n\r\n", "get", ""},
		{"get with a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "GET", ""},
		{"get with a large body", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<20), "GET", ""},
		{"get with a body that is cut off", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhe", "GET", ""},
		{"server error", "HTTP/1.1 503 Busy\r\n\r\n", "", "status 503"},
		{"redirect is not followed", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "GET", "status 302"},
		{"switching protocols", "HTTP/1.1 101 Switching\r\n\r\n", "", "status 101"},
		{"nothing", "", "", "receive: connection closed before the end of the response head"},
		{"half a head", "HTTP/1.1 200 OK\r\n", "", "receive: connection closed before the end of the response head"},
		{"garbage", "\x00\x01garbage", "", errNotHTTP.Error()},
		{"TLS", "\x15\x03\x01\x00\x02\x02\x46", "", errTLS.Error()},
	} {
		cfg := probeConfig(answer(t, tt.answer))
		cfg.Method = tt.method
		got := ""
		if err := newProbe(cfg).do(t.Context()); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestProbeSuccessClasses(t *testing.T) {
	leak.Check(t)
	address := answer(t, "HTTP/1.1 404 Not Found\r\n\r\n")
	for class := 1; class <= 5; class++ {
		cfg := probeConfig(address)
		cfg.Success = [6]bool{}
		cfg.Success[class] = true
		if err := newProbe(cfg).do(t.Context()); (err == nil) != (class == 4) {
			t.Errorf("404 with success class %d: got %v", class, err)
		}
	}
}

func TestProbeRequest(t *testing.T) {
	leak.Check(t)
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	for _, tt := range []struct {
		cfg                Config
		method, host, path string
	}{
		{cfg: Config{}, method: "HEAD", host: address, path: "/"},
		{cfg: Config{Method: "get", Host: "example.com", URI: "/check?a=b"}, method: "GET", host: "example.com", path: "/check?a=b"},
	} {
		cfg := probeConfig(address)
		cfg.Method, cfg.Host, cfg.URI = tt.cfg.Method, tt.cfg.Host, tt.cfg.URI
		if err := newProbe(cfg).do(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got.Method != tt.method || got.Host != tt.host || got.RequestURI != tt.path {
			t.Errorf("got %s %s of host %s, want %s %s of %s", got.Method, got.RequestURI, got.Host, tt.method, tt.path, tt.host)
		}
		if agent := got.UserAgent(); agent != "KeepAliveClient" || !got.Close {
			t.Errorf("got User-Agent %q, close %v, want KeepAliveClient, true", agent, got.Close)
		}
	}
}

func TestProbeRefused(t *testing.T) {
	leak.Check(t)
	got := newProbe(probeConfig(closedPort(t, "tcp"))).do(t.Context())
	if !errors.Is(got, syscall.ECONNREFUSED) || got.Error() != "connect: connection refused" {
		t.Errorf("got %v, want connect: connection refused", got)
	}
}

func TestProbeReset(t *testing.T) {
	leak.Check(t)
	address := backend(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		_ = conn.SetLinger(0) // close sends RST
	})
	got := newProbe(probeConfig(address)).do(t.Context())
	if !errors.Is(got, syscall.ECONNRESET) || got.Error() != "receive: connection reset by peer" {
		t.Errorf("got %v, want receive: connection reset by peer", got)
	}
}

// A backend that sends nothing, or never ends its head, a byte at a time, costs
// one timeout in all.
func TestProbeStall(t *testing.T) {
	leak.Check(t)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	for name, serve := range map[string]func(*net.TCPConn){
		"silent": func(*net.TCPConn) { <-done },
		"trickle": func(conn *net.TCPConn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
			for {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
				}
			}
		},
	} {
		cfg := probeConfig(backend(t, serve))
		cfg.Timeout = 500 * time.Millisecond
		got := newProbe(cfg).do(t.Context())
		if got == nil || got.Error() != "receive: no answer within 500ms" {
			t.Errorf("%s: got %v, want no answer within 500ms", name, got)
		}
	}
}

func TestProbeEndlessHead(t *testing.T) {
	leak.Check(t)
	address := backend(t, func(conn *net.TCPConn) {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = io.WriteString(conn, "X-Padding: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n")
		}
	})
	if got := newProbe(probeConfig(address)).do(t.Context()); !errors.Is(got, errTooLong) {
		t.Errorf("got %v, want %v", got, errTooLong)
	}
}

// An endless body is read no further than its limit.
func TestProbeEndlessBody(t *testing.T) {
	leak.Check(t)
	closed := make(chan struct{})
	address := backend(t, func(conn *net.TCPConn) {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			_, err = conn.Write(make([]byte, 4096))
		}
		close(closed)
	})
	cfg := probeConfig(address)
	cfg.Method = "GET"
	if err := newProbe(cfg).do(t.Context()); err != nil {
		t.Errorf("got %v, want a success", err)
	}
	<-closed
}

func TestProbeIsBrokenOff(t *testing.T) {
	leak.Check(t)
	arrived, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(done) })
	address := backend(t, func(*net.TCPConn) { close(arrived); <-done })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	cfg := probeConfig(address)
	cfg.Timeout = time.Hour
	if err := newProbe(cfg).do(ctx); err == nil {
		t.Error("a probe that was broken off reports a success")
	}
}

// End to end, over sockets: a backend that answers, fails and comes back.
func TestCheckerFollowsBackend(t *testing.T) {
	leak.Check(t)
	statuses := make(chan int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case status := <-statuses:
			w.WriteHeader(status)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	cfg := probeConfig(server.Listener.Addr().String())
	cfg.Interval, cfg.Rise, cfg.Fall = minInterval, 2, 3
	reports := make(chan news, 10)
	c := Start(cfg, Unknown, func(v Verdict, err error) { reports <- news{v, err} })
	for _, status := range []int{200, 500, 500, 200, 500, 500, 500, 200, 200} {
		statuses <- status
	}
	for _, want := range []Verdict{Up, Down, Up} {
		got := <-reports
		if got.verdict != want || (got.err != nil) != (want == Down) {
			t.Errorf("got %v, %v, want %v", got.verdict, got.err, want)
		}
	}
	c.Stop()
	if len(reports) > 0 {
		t.Errorf("more reports: %v", <-reports)
	}
}

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// BenchmarkProbe is the cost of one probe, backend included.
func BenchmarkProbe(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.Cleanup(server.Close)
	p := newProbe(probeConfig(server.Listener.Addr().String()))
	b.ReportAllocs()
	for b.Loop() {
		if err := p.do(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdleCheckers reports what a checker costs in memory between probes.
func BenchmarkIdleCheckers(b *testing.B) {
	const checkers = 3000
	cfg := probeConfig("127.0.0.1:1")
	cfg.Interval = time.Hour
	for b.Loop() {
		before := heap()
		all := make([]*Checker, checkers)
		var first sync.WaitGroup
		for i := range all {
			first.Add(1)
			probe := newProbe(cfg)
			all[i] = start(cfg, Unknown, func(context.Context) error { first.Done(); _ = probe; return nil }, func(Verdict, error) {})
		}
		first.Wait()
		b.ReportMetric(float64(heap()-before)/checkers, "B/checker")
		for _, c := range all {
			c.Stop()
		}
	}
}

// heap returns the bytes of stacks and of living objects.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
