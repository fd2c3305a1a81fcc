package proxy

import (
	"bufio"
	"crypto/tls"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/leak"
)

// withSessions sets the listener's session keys.
func withSessions(s *Sessions) setting { return func(_ *Options, c *Config) { c.Sessions = s } }

// oneSession is a cache of one session, whatever the server is.
type oneSession struct{ state *tls.ClientSessionState }

func (o *oneSession) Get(string) (*tls.ClientSessionState, bool) { return o.state, o.state != nil }

func (o *oneSession) Put(_ string, s *tls.ClientSessionState) { o.state = s }

// handshakes are the ways in which a client connects; each reports whether it resumed its
// session.
var handshakes = map[string]func(r *rig, c *tls.Config) bool{
	"TLS 1.2": func(r *rig, c *tls.Config) bool { return overTCP(r, c, tls.VersionTLS12) },
	"TLS 1.3": func(r *rig, c *tls.Config) bool { return overTCP(r, c, tls.VersionTLS13) },
	"QUIC":    overQUIC,
}

func overTCP(r *rig, c *tls.Config, version uint16) bool {
	r.t.Helper()
	c = c.Clone()
	c.MaxVersion = version
	c.NextProtos = nil
	conn, err := tls.Dial("tcp", r.lis.Addr().String(), c)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	(&client{r.t, conn, bufio.NewReader(conn)}).send(get).want(200, "hello")
	return conn.ConnectionState().DidResume
}

func overQUIC(r *rig, c *tls.Config) bool {
	r.t.Helper()
	tr := &quic.Transport{Conn: listenUDP(r.t)}
	defer tr.Close()
	conn, err := tr.Dial(r.t.Context(), r.udpAddr(), c, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.CloseWithError(0x100, "") }()
	(&rawH3{r.t, conn}).ask("/") // a ticket arrives before the answer
	return conn.ConnectionState().TLS.DidResume
}

// A session can be resumed at a listener with the same keys, and at no other.
func TestSessions(t *testing.T) {
	leak.Check(t)
	now, next, other := [32]byte{1}, [32]byte{2}, [32]byte{3}
	backend := origin(t, hello)
	for name, shake := range handshakes {
		t.Run(name, func(t *testing.T) {
			client := h3TLS()
			client.ClientSessionCache = new(oneSession)
			visit := func(s *Sessions) (resumed bool) {
				r := newRig(t, []string{backend}, withSessions(s))
				defer r.close()
				return shake(r, client)
			}
			for _, step := range []struct {
				what string
				keys *Sessions
				want bool
			}{
				{"first visit", &Sessions{Tickets: [][32]byte{now}}, false},
				{"same keys", &Sessions{Tickets: [][32]byte{now}}, true},
				{"after a rotation", &Sessions{Tickets: [][32]byte{next, now}}, true},
				{"after another, with a newer ticket", &Sessions{Tickets: [][32]byte{next}}, true},
				{"another listener's keys", &Sessions{Tickets: [][32]byte{other}}, false},
				{"no keys", nil, false},
				{"no keys, another process", nil, false},
				{"keys again", &Sessions{Tickets: [][32]byte{now}}, false},
			} {
				if got := visit(step.keys); got != step.want {
					t.Errorf("%s: resumed is %t, want %t", step.what, got, step.want)
				}
			}
		})
	}
}

// Keys can be replaced while the listener runs, over TCP and QUIC.
func TestSessionsSwap(t *testing.T) {
	leak.Check(t)
	backend := origin(t, hello)
	for name, shake := range handshakes {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, []string{backend}, withSessions(&Sessions{Tickets: [][32]byte{{1}}}))
			client := h3TLS()
			client.ClientSessionCache = new(oneSession)
			shake(r, client)
			swap := func(keys ...[32]byte) {
				cfg := *r.cfg
				cfg.Sessions = &Sessions{Tickets: keys}
				r.lis.Swap(&cfg)
			}
			swap([32]byte{2}, [32]byte{1})
			if !shake(r, client) {
				t.Error("a ticket of the old key was not taken")
			}
			swap([32]byte{3})
			if shake(r, client) {
				t.Error("a ticket was taken after its key had gone")
			}
			cfg := *r.cfg
			cfg.Sessions = nil
			r.lis.Swap(&cfg) // without Sessions the keys are kept
			if !shake(r, client) {
				t.Error("without other keys, a ticket was not taken")
			}
		})
	}
}

// A session is resumed only for the name that it was made for (RFC 6066, 3).
func TestSessionsKeepToTheirName(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, withSessions(&Sessions{Tickets: [][32]byte{{1}}}))
	for name, shake := range handshakes {
		t.Run(name, func(t *testing.T) {
			client := h3TLS()
			client.ClientSessionCache = new(oneSession)
			for _, step := range []struct {
				name string
				want bool
			}{{"a.test", false}, {"a.test", true}, {"A.test", true}, {"b.test", false}, {"b.test", true}} {
				client.ServerName = step.name
				if got := shake(r, client); got != step.want {
					t.Errorf("%s: resumed is %t, want %t", step.name, got, step.want)
				}
			}
		})
	}
}

// A client that has validated its address does not have to do it again, also at another
// process with the same keys.
func TestQUICTokens(t *testing.T) {
	leak.Check(t)
	backend := origin(t, hello)
	store := quic.NewLRUTokenStore(1, 1)
	udp := listenUDP(t)
	visit := func(s *Sessions) (retried bool) {
		r := newRig(t, []string{backend}, withSessions(s), func(o *Options, _ *Config) { o.MaxShaking = -1 })
		defer r.close()
		box := newNATBox(t, r.udpAddr())
		tr := &quic.Transport{Conn: udp}
		defer tr.Close()
		c, err := tr.Dial(t.Context(), box.inside.LocalAddr(), h3TLS(), &quic.Config{TokenStore: store})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.CloseWithError(0x100, "") }()
		(&rawH3{t, c}).ask("/")
		return box.retries.Load() > 0
	}
	keys := &Sessions{Token: [32]byte{1}}
	for _, step := range []struct {
		what string
		keys *Sessions
		want bool
	}{
		{"first visit", keys, true},
		{"same keys", keys, false},
		{"other keys", &Sessions{Token: [32]byte{2}}, true},
	} {
		if got := visit(step.keys); got != step.want {
			t.Errorf("%s: retried is %t, want %t", step.what, got, step.want)
		}
	}
}

// The next process answers a packet of an earlier connection with a stateless reset; a
// process without the key cannot.
func TestQUICReset(t *testing.T) {
	leak.Check(t)
	backend := origin(t, hello)
	visit := func(before, after *Sessions, wait time.Duration) error {
		r := newRig(t, []string{backend}, withSessions(before))
		box := newNATBox(t, r.udpAddr())
		c := r.dialQUIC(nil, box.inside.LocalAddr())
		(&rawH3{t, c}).ask("/")
		next := newRig(t, []string{backend}, withSessions(after))
		box.moveTo(next.udpAddr()) // packets of the first process reach no client
		str, err := c.OpenStream()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := str.Write(headers(pseudo("GET", "/")...)); err != nil {
			t.Fatal(err)
		}
		_ = str.SetReadDeadline(time.Now().Add(wait))
		_, err = str.Read(make([]byte, 1))
		return err
	}
	var reset *quic.StatelessResetError
	if err := visit(&Sessions{Reset: [32]byte{1}}, &Sessions{Reset: [32]byte{1}}, quicSilence/2); !errors.As(err, &reset) {
		t.Errorf("same key: got %v, want a stateless reset", err)
	}
	if err := visit(&Sessions{Reset: [32]byte{1}}, &Sessions{Reset: [32]byte{2}}, time.Second); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("another key: got %v, want silence", err)
	}
}
