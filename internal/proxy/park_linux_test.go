package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// parked waits until n connections are parked.
func (r *rig) parked(n int) {
	r.t.Helper()
	waitFor(r.t, "connections to be parked", func() bool { return r.proxy.lot.Len() == n })
}

// settled makes connections park soon.
func settled(o *Options, _ *Config) { o.Limits.SettleTime = 5 * time.Millisecond }

// A connection serves as before after it was parked, any number of times.
func TestParkedServes(t *testing.T) {
	leak.Check(t)
	for name, settings := range map[string][]setting{"TLS": {settled}, "plain": {settled, plain}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, []string{origin(t, hello)}, settings...)
			c := r.dial()
			for range 5 {
				c.send(get).want(200, "hello")
				r.parked(1)
			}
			c.send(get+get[:10]).want(200, "hello")
			c.send(get[10:]).want(200, "hello")
			r.parked(1)
			_ = c.Close()
			waitFor(t, "the connection to be gone", func() bool { return r.proxy.clients.open.Load() == 0 })
		})
	}
}

// A connection whose client sends nothing after the handshake is parked, and serves
// afterwards.
func TestParkedBeforePreface(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, settled)
	config := &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test", NextProtos: []string{"h2"}}
	c, err := tls.Dial("tcp", r.lis.Addr().String(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r.parked(1)
	if _, err := io.WriteString(c, http2.ClientPreface[:5]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "nonsense"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Errorf("got %v, want the end", err)
	}
}

// The idle timeout applies to parked connections.
func TestParkedIdleTimeout(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, settled, idleTimeout(time.Second))
	c := r.dial().send(get)
	c.want(200, "hello")
	c.wantEnd()
}

// An HTTP/2 connection is parked between streams and after frames that open no stream, and
// serves as before.
func TestParkedH2(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, settled)
	c := r.dialFrames()
	r.parked(1)
	for range 5 {
		c.wantStatus(c.open(true), "200")
		r.parked(1)
		c.ok(c.WritePing(false, [8]byte{}))
		r.parked(1)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.lis.Drain(context.Background()) }() // ends with the GOAWAY's answer, or the client
	c.wantGoAway(http2.ErrCodeNo)
	_ = c.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A drain closes parked connections at once, with close_notify.
func TestParkedDrain(t *testing.T) {
	leak.Check(t)
	for name, end := range map[string]func(*Listener) error{
		"drain": func(l *Listener) error { return l.Drain(context.Background()) },
		"cut": func(l *Listener) error {
			l.conns.each(func(o *exchange.Origin) { o.Member.Cut() })
			return l.Drain(context.Background())
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, []string{origin(t, hello)}, settled)
			var all []*client
			for range 20 {
				c := r.dial().send(get)
				c.want(200, "hello")
				all = append(all, c)
			}
			r.parked(len(all))
			if err := end(r.lis); err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				if name == "drain" { // a cut sends no close_notify
					c.wantEnd()
				}
			}
			r.parked(0)
		})
	}
}

// Connections that are parked and resumed while their listener drains all end.
func TestParkRacesDrain(t *testing.T) {
	leak.Check(t)
	for range 20 {
		r := newRig(t, []string{origin(t, hello)}, settled, plain)
		for range 10 {
			r.dial().send(get)
		}
		if err := r.lis.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.close()
	}
}
