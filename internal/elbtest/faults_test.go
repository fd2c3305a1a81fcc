package elbtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// rawBackend is a backend that answers with any bytes.
func rawBackend(t *testing.T, s *Site, id string, answer func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the answer or with the request's connection
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c)
				}
			}()
		}
	}()
	request := ens.CreateAddBackendServersRequest()
	request.LoadBalancerId = s.LoadBalancerID
	request.BackendServers = &[]ens.AddBackendServersBackendServers{{ServerId: id, Ip: "127.0.0.1", Port: portOf(l.Addr().String())}}
	if _, err := s.ENS.AddBackendServers(request); err != nil {
		t.Fatal(err)
	}
}

// Backends that misbehave cause errors of their own requests only: the next request of the
// listener succeeds.
func TestBackendFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
		want   int
	}{
		{"closes", func(net.Conn) {}, http.StatusBadGateway},
		{"resets", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, http.StatusBadGateway},
		{"stalls", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, http.StatusGatewayTimeout},
		{"garbage", func(c net.Conn) { _, _ = io.WriteString(c, "\x00\x01\x02 what?\r\n\r\n") }, http.StatusBadGateway},
		{"half a head", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") }, http.StatusBadGateway},
		{"endless head", func(c net.Conn) {
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for n := 0; err == nil; n++ {
				_, err = fmt.Fprintf(c, "X-%d: %s\r\n", n, strings.Repeat("x", 1000))
			}
		}, http.StatusBadGateway},
		{"two lengths", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx")
		}, http.StatusBadGateway},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := NewSite(t, node(t))
			rawBackend(t, s, "i-raw", tt.answer)
			f := s.Listen(t, map[string]string{"RequestTimeout": "1"})
			c := f.Client(t, "")
			for range 2 {
				if got := f.Get(t, c, "/").Status; got != tt.want {
					t.Errorf("status %d, want %d", got, tt.want)
				}
			}
			s.AddBackends(t, 100, NewBackend(t, "good"))
			Eventually(t, func() error {
				if a := f.Get(t, c, "/"); a.Backend != "good" {
					return fmt.Errorf("status %d", a.Status)
				}
				return nil
			})
		})
	}
}

// A truncated body reaches the client as truncated, never as complete.
func TestBrokenBody(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"with a length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
		"in chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewSite(t, node(t))
			rawBackend(t, s, "i-raw", func(c net.Conn) { _, _ = io.WriteString(c, head+"only this much") })
			f := s.Listen(t, nil)
			if a, err := f.TryGet(f.Client(t, ""), "/"); err == nil {
				t.Errorf("a broken body arrived as a complete one: %d %q", a.Status, a.Body)
			}
		})
	}
}

// upgrade opens an upgraded connection through the listener that echoes what is written to
// it.
func upgrade(t *testing.T, f *Front) io.ReadWriteCloser {
	t.Helper()
	c := f.Dial(t)
	if _, err := fmt.Fprintf(c, "GET /echo HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", SiteName); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Upgrade") != "websocket" {
		t.Fatalf("upgrade: %d %v", res.StatusCode, res.Header)
	}
	return struct {
		io.Reader
		io.WriteCloser
	}{r, c}
}

// echo echoes what it receives over an upgraded connection. For other requests it streams
// a line for each value that it receives from next.
func echo(next <-chan int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			_ = http.NewResponseController(w).Flush() // an error shows in the answer
			for n := range next {
				fmt.Fprintln(w, n)
				_ = http.NewResponseController(w).Flush() // an error shows in the answer
			}
			return
		}
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_, _ = io.Copy(c, rw) // ends with the client
	}
}

// 200 changes of a running listener and of its backends break none of 20 upgraded
// connections, 20 streams and the keep-alive connections.
func TestChangesBreakNothing(t *testing.T) {
	t.Parallel()
	const open, changes = 20, 200
	b := NewBackend(t, "a")
	next := make(chan int)
	b.Serve(echo(next))
	s := NewSite(t, node(t), b)
	f := s.Listen(t, nil)

	var tunnels []io.ReadWriter
	var streams []*bufio.Reader
	for range open {
		tunnels = append(tunnels, upgrade(t, f))
		c := f.Client(t, "")
		c.Timeout = 0 // the changes may take long beside other tests
		res, err := c.Get(f.URL("/stream"))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		streams = append(streams, bufio.NewReader(res.Body))
	}

	other := NewCertificate(t, SiteName)
	second := Upload(t, s.SDK, other)
	for i := range changes {
		params := map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port}
		switch i % 4 {
		case 0:
			params["Scheduler"] = []string{"wrr", "wlc", "rr", "sch"}[i/4%4]
		case 1:
			params["RequestTimeout"] = strconv.Itoa(1 + i%180)
		case 2:
			params["ServerCertificateId"] = []string{s.CertificateID, second}[i/4%2]
		case 3:
			params["StickySession"], params["StickySessionType"], params["CookieTimeout"] = []string{"on", "off"}[i/4%2], "insert", "100"
		}
		if err := s.Set(params); err != nil && !strings.HasPrefix(Code(err), "Throttling") {
			t.Fatalf("change %d: %v", i, err)
		}
		if i%20 == 0 {
			s.SetWeight(t, b, i%100)
		}
	}

	buf := make([]byte, 5)
	for i, c := range tunnels {
		if _, err := io.WriteString(c, "hello"); err != nil {
			t.Errorf("tunnel %d: %v", i, err)
			continue
		}
		if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "hello" {
			t.Errorf("tunnel %d: %q, %v", i, buf, err)
		}
	}
	go func() { // ends when every stream has sent its line
		for n := range open {
			next <- n
		}
		close(next)
	}()
	lines := 0
	for i, r := range streams {
		text, err := io.ReadAll(r)
		if err != nil {
			t.Errorf("stream %d: %v", i, err)
		}
		lines += strings.Count(string(text), "\n")
	}
	if lines != open {
		t.Errorf("%d lines arrived, want %d", lines, open)
	}
}
