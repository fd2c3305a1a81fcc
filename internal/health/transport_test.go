package health

import (
	"net"
	"strings"
	"testing"
	"time"

	"elbow/internal/leak"
)

// answering starts a UDP server that answers the datagram "ask" with a text, and others
// not at all, and returns its address.
func answering(t *testing.T, text string) string {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { // ends with the socket
		defer close(ended)
		buf := make([]byte, 100)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if string(buf[:n]) == "ask" {
				_, _ = c.WriteToUDPAddrPort([]byte(text), from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Close()
		<-ended
	})
	return c.LocalAddr().String()
}

// closedPort returns an address on which nothing listens.
func closedPort(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A UDP backend is up unless its port is closed or its answer is not the expected one.
func TestUDPProbe(t *testing.T) {
	leak.Check(t)
	const long, short = 10 * time.Second, 100 * time.Millisecond // short: no answer is to come
	for what, tt := range map[string]struct {
		address, request, expect string
		timeout                  time.Duration
		want                     string // part of the error; "": none
	}{
		"the expected answer":        {answering(t, "pong"), "ask", "pong", long, ""},
		"an answer that goes on":     {answering(t, "pong"+strings.Repeat("!", 9000)), "ask", "pong", long, ""},
		"any answer":                 {answering(t, "pong"), "ask", "", long, ""},
		"an empty answer":            {answering(t, ""), "ask", "", long, ""},
		"another answer":             {answering(t, "ping"), "ask", "pong", long, `the answer does not begin with "pong"`},
		"the begin of the answer":    {answering(t, "pon"), "ask", "pong", long, `the answer does not begin with "pong"`},
		"an empty one, not expected": {answering(t, ""), "ask", "pong", long, `the answer does not begin with "pong"`},
		"silence":                    {answering(t, ""), "?", "", short, ""},
		"silence, not expected":      {answering(t, ""), "?", "pong", short, "receive"},
		"a closed port":              {closedPort(t, "udp"), "ask", "", long, "nobody listens on the port"},
	} {
		t.Run(what, func(t *testing.T) {
			leak.Check(t)
			err := newDatagramProbe(Config{Address: tt.address, Request: tt.request, Expect: tt.expect, Timeout: tt.timeout}).do(t.Context())
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A TCP backend is up if it accepts a connection.
func TestTCPProbe(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := newProbe(Config{Address: l.Addr().String(), Timeout: 10 * time.Second}).connect(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	if err := newProbe(Config{Address: closedPort(t, "tcp"), Timeout: 10 * time.Second}).connect(t.Context()); err == nil || !strings.Contains(err.Error(), "connect") {
		t.Errorf("of a closed port: %v", err)
	}
}
