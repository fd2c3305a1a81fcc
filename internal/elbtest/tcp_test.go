package elbtest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"elbow/internal/leak"
)

// A tcpServer is a backend that sends its name and then echoes what it receives.
type tcpServer struct {
	*Backend
	l net.Listener
}

func newTCPServer(t testing.TB, name string) *tcpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &tcpServer{&Backend{Name: name, Address: l.Addr().String()}, l}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection
				defer c.Close()
				_, _ = io.WriteString(c, name)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return s
}

func dialTCP(t testing.TB, at string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	return c.(*net.TCPConn)
}

func readText(t testing.TB, c io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	if m, err := io.ReadFull(c, b); err != nil {
		t.Fatalf("got %q, %v", b[:m], err)
	}
	return string(b)
}

func TestTCPListener(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	a := newTCPServer(t, "a")
	s := NewSite(t, n, a.Backend)
	at := s.ListenOf(t, "TCP", map[string]string{"Scheduler": "rr"})
	port := portOf(at)
	c := dialTCP(t, at)
	_, _ = io.WriteString(c, "hello")
	if got := readText(t, c, 6); got != "ahello" {
		t.Errorf("got %q", got)
	}

	// A change of the listener and a second backend do not affect the connection.
	b := newTCPServer(t, "b")
	s.AddBackends(t, 100, b.Backend)
	if err := s.SetOf("TCP", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port, "PersistenceTimeout": "0", "EstablishedTimeout": "10"}); err != nil {
		t.Fatal(err)
	}
	Eventually(t, func() error {
		if got := readText(t, dialTCP(t, at), 1); got != "b" {
			return fmt.Errorf("a new connection goes to %s", got)
		}
		return nil
	})
	_, _ = io.WriteString(c, "again")
	if got := readText(t, c, 5); got != "again" {
		t.Errorf("the old connection got %q", got)
	}

	// Connections avoid a backend that is gone: before its health check fails, another
	// backend is tried.
	_ = a.l.Close()
	for range 8 {
		if got := readText(t, dialTCP(t, at), 1); got != "b" {
			t.Errorf("got %q of a backend that is gone", got)
		}
	}

	// A listener that is stopped refuses new connections and keeps open ones.
	if err := s.StopListener(port); err != nil {
		t.Fatal(err)
	}
	Eventually(t, func() error {
		d, err := net.Dial("tcp", at)
		if err == nil {
			_ = d.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("after the stop: %w", err)
		}
		return nil
	})
	_, _ = io.WriteString(c, "still")
	if got := readText(t, c, 5); got != "still" {
		t.Errorf("the old connection got %q", got)
	}
	_ = c.Close()
}

// During a takeover open TCP connections continue, and each new one is accepted.
func TestTakeoverOfTCPListener(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	s := NewSite(t, n, newTCPServer(t, "a").Backend)
	at := s.ListenOf(t, "TCP", nil)
	c := dialTCP(t, at)
	readText(t, c, 1)
	stop, result := make(chan struct{}), make(chan error, 1)
	go func() { // ends with stop
		for {
			d, err := net.Dial("tcp", at)
			if err == nil {
				_, err = io.ReadFull(d, make([]byte, 1))
				_ = d.Close()
			}
			if err != nil {
				result <- err
				return
			}
			select {
			case <-stop:
				result <- nil
				return
			default:
			}
		}
	}()
	n.TakeOver(t)
	_, _ = io.WriteString(c, "still here")
	if got := readText(t, c, 10); got != "still here" {
		t.Errorf("got %q", got)
	}
	close(stop)
	if err := <-result; err != nil {
		t.Errorf("a new connection: %v", err)
	}
	_ = c.Close()
}
