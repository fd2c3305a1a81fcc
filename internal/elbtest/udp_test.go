package elbtest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/leak"
)

// A udpServer is a backend that answers with its name and the datagram. It answers probes
// ("ping") only while it is well.
type udpServer struct {
	*Backend
	well atomic.Bool
}

func newUDPServer(t testing.TB, name string) *udpServer {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &udpServer{Backend: &Backend{Name: name, Address: c.LocalAddr().String()}}
	s.well.Store(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err != nil:
			case string(buf[:n]) == "ping":
				if s.well.Load() {
					_, _ = c.WriteToUDPAddrPort([]byte("pong"), from)
				}
			default:
				_, _ = c.WriteToUDPAddrPort(append([]byte(name), buf[:n]...), from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Close()
		<-ended
	})
	return s
}

// askUDP sends a datagram from a new socket, again after a second without an answer, and
// returns the answer.
func askUDP(t testing.TB, at, text string) string {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 1<<16)
	for range 60 {
		_, _ = c.Write([]byte(text))
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := c.Read(buf); err == nil {
			return string(buf[:n])
		}
	}
	t.Fatalf("no answer from %s", at)
	return ""
}

func TestUDPListener(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	a, b := newUDPServer(t, "a"), newUDPServer(t, "b")
	s := NewSite(t, n, a.Backend, b.Backend)
	at := s.ListenOf(t, "UDP", map[string]string{
		"Scheduler": "rr", "HealthCheckReq": "ping", "HealthCheckExp": "pong",
		"HealthCheckConnectTimeout": "1", "HealthCheckInterval": "1", "UnhealthyThreshold": "2",
	})
	port := portOf(at)
	long := strings.Repeat("x", 60_000)
	if got := askUDP(t, at, long); got[1:] != long {
		t.Errorf("got %d bytes", len(got))
	}
	Eventually(t, func() error { // both are up
		if one, other := askUDP(t, at, "q"), askUDP(t, at, "q"); one == other {
			return fmt.Errorf("twice %s", one)
		}
		return nil
	})

	// A backend that does not answer its health checks gets no new sessions.
	a.well.Store(false)
	Eventually(t, func() error {
		for range 4 {
			if got := askUDP(t, at, "q"); got != "bq" {
				return fmt.Errorf("got %s", got)
			}
		}
		return nil
	})

	// A TCP listener can use the same port number.
	tcp := s.ListenOf(t, "TCP", map[string]string{"ListenerPort": port})
	if tcp != at {
		t.Fatalf("TCP at %s, UDP at %s", tcp, at)
	}
	if got := askUDP(t, at, "q"); got != "bq" {
		t.Errorf("beside TCP: %s", got)
	}

	n.TakeOver(t)
	if got := askUDP(t, at, "q"); got != "bq" {
		t.Errorf("after a takeover: %s", got)
	}
}

// A UDP listener gets its port although HTTP/3 of an HTTPS listener has used it before.
func TestUDPListenerBesideHTTPS(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	s := NewSite(t, n, newUDPServer(t, "a").Backend)
	front := s.Listen(t, nil)
	at := s.ListenOf(t, "UDP", map[string]string{"ListenerPort": front.Port})
	if got := askUDP(t, at, "q"); got != "aq" {
		t.Errorf("got %s", got)
	}
	front.AwaitState(t, "Running")
}
