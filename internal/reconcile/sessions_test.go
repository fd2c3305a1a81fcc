package reconcile

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/proxy"
	"elbow/internal/store"
)

// oneSession is a client session cache that holds one session for all servers.
type oneSession struct{ state *tls.ClientSessionState }

func (o *oneSession) Get(string) (*tls.ClientSessionState, bool) { return o.state, o.state != nil }

func (o *oneSession) Put(_ string, s *tls.ClientSessionState) { o.state = s }

// resumes makes a request with the client's session, stores the new one, and reports
// whether the old one was accepted.
func (s *site) resumes(session *oneSession, port int) bool {
	s.t.Helper()
	c, err := tls.Dial("tcp", netip.AddrPortFrom(s.addr, uint16(port)).String(),
		&tls.Config{InsecureSkipVerify: true, ServerName: "one.test", ClientSessionCache: session})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: one.test\r\n\r\n"); err != nil {
		s.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil) // the ticket arrives before it
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	return c.ConnectionState().DidResume
}

// keysAt returns the stored keys after a rotation at now, with secrets that contain
// the name.
func keysAt(now time.Time, keys []elb.SessionKey, name string) []elb.SessionKey {
	n := 0
	next, _ := elb.RotateSessionKeys(keys, now, func() []byte {
		n++
		return fmt.Appendf(nil, "%s %d", name, n)
	})
	return next
}

// Sessions are resumed by the next process and after rotations, but not by another
// listener nor after the certificate was replaced.
func TestSessionsOfAListener(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.backends(newServer(t, "a").Backend)
	first := keysAt(time.Now(), nil, "first")
	s.change(func(d *store.Desired) {
		d.SessionKeys = first
		d.Certificates["2"] = newCertificate(t, "one.test")
	})
	stop := s.run()
	port, other := s.freePort(), s.freePort()
	k, ko := s.listen(port), s.listen(other)
	s.awaitState(k, elb.Running)
	s.awaitState(ko, elb.Running)

	client := new(oneSession)
	want := func(what string, port int, resumed bool) {
		t.Helper()
		if got := s.resumes(client, port); got != resumed {
			t.Errorf("%s: resumed is %t, want %t", what, got, resumed)
		}
	}
	want("first visit", port, false)
	want("second visit", port, true)
	kept := *client
	want("another listener", other, false)
	*client = kept

	// settle makes a change and waits until it is in effect.
	settle := func(do func(d *store.Desired)) {
		t.Helper()
		s.change(func(d *store.Desired) {
			do(d)
			d.Listeners[0].Description += "." // creates a revision to wait for
		})
		s.awaitState(k, elb.Running)
	}
	stop()
	again := proxy.New(proxy.Options{Log: s.loop.applier.log})
	t.Cleanup(again.Close)
	s.loop = New(Config{Source: s, Report: s.report, Proxy: again, Node: "here", Log: s.loop.applier.log})
	stop = s.run()
	settle(func(*store.Desired) {})
	want("after a restart", port, true)

	settle(func(d *store.Desired) { d.SessionKeys = append(keysAt(time.Now(), nil, "second"), first...) })
	want("with other keys, and the old ones", port, true)
	settle(func(d *store.Desired) { d.SessionKeys = d.SessionKeys[:2] })
	want("without the old keys", port, true)
	settle(func(d *store.Desired) { d.SessionKeys = first })
	want("with the old ones alone", port, false)

	kept = *client
	settle(func(d *store.Desired) { d.Listeners[0].CertificateID = "2" })
	want("after the certificate was replaced", port, false)
	want("with the new certificate", port, true)
	settle(func(d *store.Desired) { d.Listeners[0].CertificateID = "1" })
	*client = kept
	want("with the certificate of before", port, true)

	settle(func(d *store.Desired) { d.SessionKeys = nil })
	want("without keys in the store", port, true) // the previous keys stay
	stop()
}

// When the period changes, every listener gets new keys and is otherwise unaffected;
// between two changes nothing happens.
func TestSessionKeysFollowThePeriod(t *testing.T) {
	leak.Check(t)
	d := store.Desired{
		LoadBalancers: []elb.LoadBalancer{{ID: "lb-1", Status: elb.Active, Address: netip.MustParseAddr("127.8.0.1")}},
		Listeners:     []elb.Listener{newListener("lb-1", 443)},
		SessionKeys:   keysAt(storyTime, nil, "first"),
	}
	var r resolver
	var u unit
	steps := func(now time.Time) string {
		all := plan(nil, r.resolve(&d, now), map[key]*unit{u.spec.key: &u}, now)
		return fmt.Sprint(all)
	}
	now := storyTime
	u = unit{open: true, spec: r.resolve(&d, now)[0].clone(), sockets: map[netip.Addr]front{d.LoadBalancers[0].Address: nil}}
	for range 4 {
		next := elb.NextSessionPeriod(now)
		if got := steps(next.Add(-time.Second)); got != "[]" {
			t.Errorf("within a period: got %s", got)
		}
		if got := steps(next); got != "[sessions lb-1:443]" {
			t.Errorf("in the next period: got %s", got)
		}
		now = next
		d.SessionKeys = keysAt(now, d.SessionKeys, "next")
		u.spec = r.resolve(&d, now)[0].clone()
	}
	if len(u.spec.sessions.stored) != 6 || u.spec.sessions.sealing != 4 {
		t.Errorf("after 4 changes: %d keys, sealed with %d", len(u.spec.sessions.stored), u.spec.sessions.sealing)
	}
}

// Every input of the key derivation changes the keys.
func TestSessionKeysDiffer(t *testing.T) {
	leak.Check(t)
	base := spec{key: key{"lb-1", 443, false}, sessions: &sessionKeys{keysAt(storyTime, nil, "a"), 0}}
	seen := make(map[[32]byte]string)
	for name, change := range map[string]func(*spec, *string){
		"none":        func(*spec, *string) {},
		"port":        func(s *spec, _ *string) { s.port = 444 },
		"balancer":    func(s *spec, _ *string) { s.loadBalancer = "lb-2" },
		"seed":        func(s *spec, _ *string) { s.settings.seed[31] = 1 },
		"certificate": func(_ *spec, c *string) { *c = "2" },
		"keys":        func(s *spec, _ *string) { s.sessions = &sessionKeys{keysAt(storyTime, nil, "b"), 0} },
	} {
		s, c := base, "1"
		change(&s, &c)
		for _, k := range sessions(&s, c).Tickets {
			if other, there := seen[k]; there {
				t.Errorf("%s and %s have a key in common", name, other)
			}
			seen[k] = name
		}
	}
	if a, b := sessions(&base, "1"), sessions(&base, "2"); a.Token == a.Reset || a.Token != b.Token || a.Reset != b.Reset {
		t.Error("the keys of QUIC are equal, or not those of the listener")
	}
}
