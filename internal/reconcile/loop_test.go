package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
)

func TestStartedListenerServes(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	b := newServer(t, "a")
	s.backends(b.Backend)
	s.run()
	port := s.freePort()
	k := s.listen(port, checked)
	s.awaitState(k, elb.Running)
	if got := s.get(s.client(), port); got != "a" {
		t.Errorf("answered by %q, want a", got)
	}
	s.awaitHealth(k, "i-a", "healthy")
	if h := s.loop.Health(); h.Listeners != 1 || h.Failing != 0 || h.Revision != s.Desired().Revision {
		t.Errorf("health: %+v", h)
	}
}

// Listeners that were started before the process serve without a hint.
func TestFirstPassNeedsNoHint(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.backends(newServer(t, "a").Backend)
	port := s.freePort()
	k := s.listen(port)
	<-s.changed
	s.run()
	s.awaitState(k, elb.Running)
}

func TestUncheckedBackendsAreReportedAsSuch(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.backends(newServer(t, "a").Backend)
	s.run()
	s.awaitHealth(s.listen(s.freePort()), "i-a", "unchecked")
}

func TestPortInUse(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.backends(newServer(t, "a").Backend)
	s.run()
	taken, err := net.Listen("tcp", netip.AddrPortFrom(s.addr, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := int(netip.MustParseAddrPort(taken.Addr().String()).Port())
	k := s.listen(port)
	other := s.listen(s.freePort())

	status := s.awaitState(k, elb.Starting)
	wantReason(t, status, "another process", taken.Addr().String())
	s.awaitState(other, elb.Running)
	if h := s.loop.Health(); h.Failing != 1 {
		t.Errorf("health: %+v, want one failing", h)
	}

	taken.Close()
	s.awaitState(k, elb.Running)
	if got := s.get(s.client(), port); got != "a" {
		t.Errorf("answered by %q, want a", got)
	}
}

func wantReason(t *testing.T, s elb.ListenerStatus, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(s.Reason, part) {
			t.Errorf("reason %q does not mention %q", s.Reason, part)
		}
	}
}

func TestAddressOfNoInterface(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.change(func(d *store.Desired) { d.LoadBalancers[0].Address = netip.MustParseAddr("192.0.2.77") })
	s.run()
	status := s.awaitState(s.listen(8443), elb.Starting)
	wantReason(t, status, "192.0.2.77", "-manage-addresses", "ip address add")
}

func TestUnusableCertificates(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.change(func(d *store.Desired) {
		broken := newCertificate(t, "broken.test")
		broken.KeyPEM = newCertificate(t, "other.test").KeyPEM
		d.Certificates["2"] = broken
	})
	s.run()
	mismatched := s.listen(s.freePort(), func(l *elb.Listener) { l.CertificateID = "2" })
	missing := s.listen(s.freePort(), func(l *elb.Listener) { l.CertificateID = "3" })
	none := s.listen(s.freePort(), func(l *elb.Listener) { l.CertificateID = "" })
	partly := s.listen(s.freePort(), func(l *elb.Listener) { l.CertificateID = "1,3" })
	good := s.listen(s.freePort())
	wantReason(t, s.awaitState(partly, elb.Starting), "certificate 3 does not exist")
	wantReason(t, s.awaitState(mismatched, elb.Starting), "certificate 2", "does not match", "ServerCertificateId")
	wantReason(t, s.awaitState(missing, elb.Starting), "certificate 3 does not exist", "ServerCertificateId")
	wantReason(t, s.awaitState(none, elb.Starting), "no certificate", "ServerCertificateId")
	s.awaitState(good, elb.Running)

	// Another certificate is tried at once, not after the pause.
	s.listener(mismatched.Port, func(l *elb.Listener) { l.CertificateID = "1" })
	s.awaitState(mismatched, elb.Running)
}

// A certificate that expired since its upload is served: its owner decides what
// to do about it.
func TestExpiredCertificateIsServed(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.change(func(d *store.Desired) {
		c := d.Certificates["1"]
		c.CreateTime = time.Now().Add(-24 * time.Hour) // the time at which it was validated
		d.Certificates["1"] = c
	})
	s.run()
	s.awaitState(s.listen(s.freePort()), elb.Running)
}

// A running listener keeps the working certificate, and all other changes take
// effect.
func TestBrokenCertificateOfARunningListener(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a, b := newServer(t, "a"), newServer(t, "b")
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort())
	s.awaitState(k, elb.Running)

	s.change(func(d *store.Desired) {
		d.Listeners[0].CertificateID = "9"
		d.LoadBalancers[0].Backends = []elb.Backend{b.Backend}
	})
	wantReason(t, s.awaitState(k, elb.Configuring), "certificate 9 does not exist")
	if got := s.commonName(k.Port); got != "one.test" {
		t.Errorf("handshake got %q, want one.test", got)
	}
	if got := s.get(s.client(), k.Port); got != "b" {
		t.Errorf("answered by %q, want b", got)
	}
	s.listener(k.Port, func(l *elb.Listener) { l.CertificateID = "1" })
	s.awaitState(k, elb.Running)
}

// A stream stays open while everything about its listener changes.
func TestChangesBreakNothing(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a, b := newServer(t, "a"), newServer(t, "b")
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort(), checked)
	s.awaitState(k, elb.Running)
	stream, err := s.client().Get(s.url(k.Port) + "slow")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()

	s.change(func(d *store.Desired) { d.Certificates["2"] = newCertificate(t, "two.test") })
	for _, change := range []func(l *elb.Listener){
		func(l *elb.Listener) { l.CertificateID = "2" },
		func(l *elb.Listener) { l.Scheduler = elb.WLC },
		func(l *elb.Listener) { l.IdleTimeout = time.Second },
		func(l *elb.Listener) { l.Check.Interval = 30 * time.Millisecond },
		func(l *elb.Listener) { l.Check.On = false },
		func(l *elb.Listener) {
			l.Sticky = elb.Sticky{On: true, Type: elb.StickyInsert, CookieTimeout: time.Hour}
		},
		func(l *elb.Listener) { l.Description = "nothing of the data plane's business" },
	} {
		s.listener(k.Port, change)
		s.awaitState(k, elb.Running)
	}
	s.backends(b.Backend)
	s.awaitHealth(k, "i-b", "unchecked")
	if got := s.commonName(k.Port); got != "two.test" {
		t.Errorf("a new handshake got %q, want two.test", got)
	}
	if got := s.get(s.client(), k.Port); got != "b" {
		t.Errorf("a new request was answered by %q, want b", got)
	}

	close(a.hold)
	body, err := io.ReadAll(stream.Body)
	if err != nil || string(body) != "begin a" {
		t.Errorf("the stream ended with %q, %v", body, err)
	}
}

// Connections, health and probes of a backend continue when something else
// changes.
func TestBackendSurvivesChanges(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a, b := newServer(t, "a"), newServer(t, "b")
	b.healthy.Store(false)
	s.backends(a.Backend, b.Backend)
	s.run()
	k := s.listen(s.freePort(), checked)
	s.awaitHealth(k, "i-a", "healthy")
	s.awaitHealth(k, "i-b", "unhealthy")
	c := s.client()
	s.get(c, k.Port)
	u := s.loop.applier.running[keyOf(k)] // unchanged; the loop's goroutine waits for a hint
	old := u.backends[memberOf(a.Backend, &elb.Listener{}).backendID]

	weighted := a.Backend
	weighted.Weight = 7
	s.backends(weighted, b.Backend)
	s.listener(k.Port, func(l *elb.Listener) { l.RequestTimeout = time.Second })
	s.awaitState(k, elb.Running)
	for range 20 {
		if got := s.get(c, k.Port); got != "a" {
			t.Fatalf("answered by %q, though only a is healthy", got)
		}
	}
	now := u.backends[memberOf(a.Backend, &elb.Listener{}).backendID]
	if now != old || now.checker != old.checker {
		t.Error("the backend was replaced")
	}
}

func TestHealthIsReported(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a := newServer(t, "a")
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort(), checked)
	s.awaitHealth(k, "i-a", "healthy")
	a.healthy.Store(false)
	if got := s.awaitHealth(k, "i-a", "unhealthy"); !strings.Contains(got.LastErr, "503") {
		t.Errorf("last error %q does not tell of 503", got.LastErr)
	}
	// The reason stays when something else is reported.
	s.listener(k.Port, func(l *elb.Listener) { l.Description = "changed" })
	s.awaitState(k, elb.Running)
	if got := s.awaitHealth(k, "i-a", "unhealthy"); !strings.Contains(got.LastErr, "503") {
		t.Errorf("last error %q does not tell of 503 any more", got.LastErr)
	}
	a.healthy.Store(true)
	if got := s.awaitHealth(k, "i-a", "healthy"); got.LastErr != "" {
		t.Errorf("healthy, and last error %q", got.LastErr)
	}
}

// With checks switched off every backend is used, also one that was down.
func TestSwitchingChecksOff(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a := newServer(t, "a")
	a.healthy.Store(false)
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort(), checked)
	s.awaitHealth(k, "i-a", "unhealthy")
	s.listener(k.Port, func(l *elb.Listener) { l.Check.On = false })
	s.awaitHealth(k, "i-a", "unchecked")
	if got := s.get(s.client(), k.Port); got != "a" {
		t.Errorf("answered by %q, want a", got)
	}
}

func TestRedirect(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	forward := s.freePort()
	k := s.listen(s.freePort(), func(l *elb.Listener) { l.Forward, l.ForwardPort = true, forward })
	s.awaitState(k, elb.Running)
	at := netip.AddrPortFrom(s.addr, uint16(forward)).String()
	c := s.client()
	awaitHealthOf(t, s.loop, func(h Health) bool { return h.Listeners == 2 && h.Failing == 0 }) // the redirect, too
	res, err := c.Get("http://" + at + "/path?q")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	want := fmt.Sprintf("https://%s:%d/path?q", s.addr, k.Port)
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusMovedPermanently || got != want {
		t.Errorf("got %s to %q, want 301 to %q", res.Status, got, want)
	}

	s.listener(k.Port, func(l *elb.Listener) { l.Forward = false })
	s.awaitState(k, elb.Running)
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("the redirect still listens")
	}
}

// A redirect that cannot listen is reported with the listener that it belongs to,
// which serves all the same.
func TestRedirectPortInUse(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.backends(newServer(t, "a").Backend)
	s.run()
	taken, err := net.Listen("tcp", netip.AddrPortFrom(s.addr, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	k := s.listen(s.freePort(), func(l *elb.Listener) {
		l.Forward, l.ForwardPort = true, int(netip.MustParseAddrPort(taken.Addr().String()).Port())
	})
	wantReason(t, s.awaitState(k, elb.Configuring), "redirect", "another process")
	if got := s.get(s.client(), k.Port); got != "a" {
		t.Errorf("answered by %q, want a", got)
	}
	taken.Close()
	s.awaitState(k, elb.Running)
}

func TestStopDrains(t *testing.T) {
	leak.Check(t)
	for name, stop := range map[string]func(d *store.Desired){
		"listener stopped":       func(d *store.Desired) { d.Listeners[0].Started = false },
		"listener deleted":       func(d *store.Desired) { d.Listeners = nil },
		"load balancer InActive": func(d *store.Desired) { d.LoadBalancers[0].Status = elb.InActive },
		"load balancer released": func(d *store.Desired) { d.Listeners, d.LoadBalancers = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			a := newServer(t, "a")
			s.backends(a.Backend)
			s.run()
			k := s.listen(s.freePort(), checked)
			s.awaitState(k, elb.Running)
			stream, err := s.client().Get(s.url(k.Port) + "slow")
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Body.Close()

			s.change(stop)
			s.awaitState(k, elb.Stopping)
			if c, err := net.Dial("tcp", netip.AddrPortFrom(s.addr, uint16(k.Port)).String()); err == nil {
				c.Close()
				t.Error("still listening")
			}
			close(a.hold)
			if body, err := io.ReadAll(stream.Body); err != nil || string(body) != "begin a" {
				t.Errorf("the stream ended with %q, %v", body, err)
			}
			s.awaitGone(k)
		})
	}
}

// A listener that is started again while old exchanges complete gets its socket
// at once.
func TestStartDuringDrain(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a := newServer(t, "a")
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort())
	s.awaitState(k, elb.Running)
	stream, err := s.client().Get(s.url(k.Port) + "slow")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	s.listener(k.Port, func(l *elb.Listener) { l.Started = false })
	s.awaitState(k, elb.Stopping)
	s.listener(k.Port, func(l *elb.Listener) { l.Started = true })
	s.awaitState(k, elb.Running)
	if got := s.get(s.client(), k.Port); got != "a" {
		t.Errorf("answered by %q, want a", got)
	}
	close(a.hold)
	if body, err := io.ReadAll(stream.Body); err != nil || string(body) != "begin a" {
		t.Errorf("the stream ended with %q, %v", body, err)
	}
}

func TestDrainCutsAtItsDeadline(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.loop.applier.drains.timeout = time.Millisecond
	a := newServer(t, "a")
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort())
	s.awaitState(k, elb.Running)
	stream, err := s.client().Get(s.url(k.Port) + "slow")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	s.listener(k.Port, func(l *elb.Listener) { l.Started = false })
	if body, err := io.ReadAll(stream.Body); err == nil {
		t.Errorf("the stream ended with %q and no error", body)
	}
	s.awaitGone(k)
}

// The end of the program waits for exchanges, and for those of listeners that
// were stopped before, until its own deadline.
func TestDrainOfEverything(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a := newServer(t, "a")
	s.backends(a.Backend)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.loop.Run(ctx)
	}()
	k := s.listen(s.freePort())
	k2 := s.listen(s.freePort())
	s.awaitState(k, elb.Running)
	s.awaitState(k2, elb.Running)
	var streams []io.ReadCloser
	for _, k := range []elb.ListenerKey{k, k2} {
		stream, err := s.client().Get(s.url(k.Port) + "slow")
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Body.Close()
		streams = append(streams, stream.Body)
	}
	s.listener(k.Port, func(l *elb.Listener) { l.Started = false })
	s.awaitState(k, elb.Stopping)
	cancel()
	<-ended

	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s.loop.Drain(context.Background())
	}()
	close(a.hold)
	for i, stream := range streams {
		if body, err := io.ReadAll(stream); err != nil || string(body) != "begin a" {
			t.Errorf("stream %d ended with %q, %v", i, body, err)
		}
	}
	<-drained
}

// Without the store traffic continues; when it is back everything is reported.
func TestStoreGone(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	a := newServer(t, "a")
	s.backends(a.Backend)
	s.run()
	k := s.listen(s.freePort(), checked)
	s.awaitHealth(k, "i-a", "healthy")

	gone := errors.New("store gone")
	s.refuseReports(gone)
	a.healthy.Store(false)
	awaitHealthOf(t, s.loop, func(h Health) bool { return errors.Is(h.Report, gone) })
	other := s.listen(s.freePort())
	awaitHealthOf(t, s.loop, func(h Health) bool { return h.Listeners == 2 })
	for range 10 {
		if got := s.get(s.client(), other.Port); got != "a" {
			t.Fatalf("answered by %q, want a", got)
		}
	}

	s.refuseReports(nil)
	s.awaitHealth(k, "i-a", "unhealthy")
	s.awaitState(other, elb.Running)
	awaitHealthOf(t, s.loop, func(h Health) bool { return h.Report == nil })
}

func awaitHealthOf(t *testing.T, l *Loop, is func(Health) bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for !is(l.Health()) {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("health: %+v", l.Health())
		}
	}
}

// States of a listener are reported in the order in which they became true.
func TestStatesInOrder(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	k := s.listen(s.freePort())
	s.awaitState(k, elb.Running)
	s.listener(k.Port, func(l *elb.Listener) { l.Started = false })
	s.awaitGone(k)
	s.listener(k.Port, func(l *elb.Listener) { l.Started = true })
	s.awaitState(k, elb.Running)
	s.mu.Lock()
	defer s.mu.Unlock()
	got := slices.Compact(slices.DeleteFunc(s.history[k], func(state elb.ListenerState) bool {
		return state == elb.Stopping // too short to be seen always
	}))
	if want := []elb.ListenerState{elb.Running, elb.Stopped, elb.Running}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}
