//go:build linux

package main

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// startEchoServer starts an origin of TCP and UDP on one address.
func startEchoServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 2)
	loop, err := newEchoLoop()
	if err != nil {
		t.Fatal(err)
	}
	go serveEcho(l, loop, failed) // ends with the listener
	go echoPackets(c, failed)     // ends with the socket
	t.Cleanup(func() {
		_, _ = l.Close(), c.Close() // nothing waits for them
		<-failed
		<-failed
	})
	return l.Addr().String()
}

// Every kind of exchange is counted; long transfers have no percentiles.
func TestTCPLoad(t *testing.T) {
	address := startEchoServer(t)
	for _, kind := range []byte{kindEcho, kindClose, kindDown, kindUp} {
		out, err := tcpLoad(order{Address: address, Duration: 20 * time.Millisecond, Kind: kind, Conns: 3})
		if err != nil || out.Requests < 3 || out.Elapsed < 20*time.Millisecond {
			t.Errorf("kind %q: %+v, %v", kind, out, err)
		}
		if short := kind == kindEcho || kind == kindClose; short != (out.P99 > 0) {
			t.Errorf("kind %q: p99 %s", kind, out.P99)
		}
	}
}

// badAnswers are wrong answers of a balancer to a kindEcho, by name.
var badAnswers = map[string]string{"closes": "", "lies": strings.Repeat("x", messageSize), "cuts": "e"}

// answerOnce serves connections that end after the given answer.
func answerOnce(t *testing.T, answer string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // nothing waits for it
	go func() {                         // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(c, make([]byte, messageSize)) // the client sees an error
			_, _ = io.WriteString(c, answer)                 // as above
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// Each connection has one message in flight; a wrong answer is an error of the round.
func TestPingPongLoad(t *testing.T) {
	o := order{Address: startEchoServer(t), Duration: 50 * time.Millisecond}
	got, err := pingPongLoad(o)
	if err != nil || got.Requests < pacedConnections || got.Elapsed < o.Duration || got.P50 == 0 || got.P99 < got.P50 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, answer := range badAnswers {
		o.Address = answerOnce(t, answer)
		if out, err := pingPongLoad(o); err == nil {
			t.Errorf("%s: taken for %+v", name, out)
		}
	}
}

// A balancer that closes a connection or answers something else is not measured.
func TestTCPLoadRefuses(t *testing.T) {
	for name, answer := range badAnswers {
		o := order{Address: answerOnce(t, answer), Duration: 20 * time.Millisecond, Kind: kindEcho, Conns: 2}
		if out, err := tcpLoad(o); err == nil {
			t.Errorf("%s: taken for %+v", name, out)
		}
	}
}

// The open loop without HTTP counts every message that was due, and accepts only an echo
// as the answer.
func TestPacedLoadPlain(t *testing.T) {
	o := order{Address: startEchoServer(t), Kind: kindEcho, Rate: 500, Duration: 200 * time.Millisecond}
	got, err := pacedLoad(o)
	if want := len(arrivals(o.Rate, o.Duration, 1)); err != nil || got.Requests != want || got.P50 == 0 {
		t.Errorf("got %+v, %v, want %d exchanges and percentiles", got, err, want)
	}
	for name, answer := range badAnswers {
		o.Address = answerOnce(t, answer)
		if got, err := pacedLoad(o); err == nil {
			t.Errorf("%s: taken for %+v", name, got)
		}
	}
}

// Kept ports are used in turn. A round with new ports ends when all are used, and each
// exchange has a port of its own.
func TestUDPLoad(t *testing.T) {
	address := startEchoServer(t)
	out, err := udpLoad(order{Address: address, Duration: 20 * time.Millisecond, Conns: 100})
	if err != nil || out.Requests < udpWorkers || out.P99 == 0 {
		t.Errorf("kept: %+v, %v", out, err)
	}
	const most = 150
	out, err = udpLoad(order{Address: address, Duration: time.Minute, Most: most})
	if err != nil || out.Requests+out.Lost != most {
		t.Errorf("new ports: %+v, %v", out, err)
	}
}

func TestFreshPorts(t *testing.T) {
	const most = 50
	next := freshPorts(startEchoServer(t), most)
	seen := make(map[string]bool)
	for range most {
		c, err := next()
		if err != nil {
			t.Fatal(err)
		}
		seen[c.LocalAddr().String()] = true
		_ = c.Close() // the port is free, but must not be used a second time
	}
	if len(seen) != most {
		t.Errorf("%d ports for %d sockets", len(seen), most)
	}
	if c, err := next(); err != errNoPorts {
		t.Errorf("one more: %v, %v", c, err)
	}
}

// A late answer to an earlier datagram is skipped.
func TestAskPacketPassesOverLate(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() { // ends after one datagram
		b := make([]byte, messageSize)
		_, from, err := server.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = server.WriteTo(make([]byte, messageSize), from) // of number 0
		_, _ = server.WriteTo(b, from)                         // the client sees an error
	}()
	c, err := net.Dial("udp", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := askPacket(c, 7); err != nil {
		t.Error(err)
	}
}

// Idle connections and sessions are used before and after the wait.
func TestOpenIdlePlain(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		held := false
		if err := openIdlePlain(network)(startEchoServer(t), 5, func() error { held = true; return nil }); err != nil || !held {
			t.Errorf("%s: held %v, %v", network, held, err)
		}
	}
}

// A connection that breaks while it is idle is an error of the round.
func TestOpenIdlePlainRefusesBroken(t *testing.T) {
	address := answerOnce(t, strings.Repeat(string(rune(kindEcho)), messageSize))
	held := false
	err := openIdlePlain("tcp")(address, 1, func() error { held = true; return nil })
	if !held || err == nil {
		t.Errorf("held %v, error %v", held, err)
	}
}

// Each row has the unit of its workload.
func TestPrintUnit(t *testing.T) {
	r := newResults([]*subject{{name: "nginx", peer: true}, {name: "elbow"}})
	for _, w := range []workload{{name: "a", title: "a", unit: mebibytes}, {name: "b", title: "b"}} {
		r.add(w, r.subjects[0], sample{cpu: 20, rate: 10})
		r.add(w, r.subjects[1], sample{cpu: 10, rate: 20})
	}
	var text strings.Builder
	r.print(&text)
	for _, want := range []string{"| a | CPU µs a MiB | 20.0 | 10.0 (**0.50**) |", "| a | MiB/s |", "| b | CPU µs a request |", "| b | requests/s |"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}
