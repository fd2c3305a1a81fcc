package reconcile

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/proxy"
	"elbow/internal/store"
	"elbow/internal/udp"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// patience bounds a wait for an expected event.
const patience = 30 * time.Second

// A site is a reconcile loop over a real data plane, whose desired state the test
// controls.
type site struct {
	t    testing.TB
	loop *Loop
	addr netip.Addr // of its load balancer lb-1

	changed chan struct{}
	own     atomic.Pointer[[]netip.AddrPort] // sockets that must not be backends

	mu       sync.Mutex
	desired  store.Desired                           // guarded by mu, as all below
	statuses map[elb.ListenerKey]elb.ListenerStatus  // last reported
	reported chan struct{}                           // closed and replaced at each report
	refuse   error                                   // returned by reports
	history  map[elb.ListenerKey][]elb.ListenerState // in the order of the reports
}

// newSite starts a loop with one load balancer and no listener.
func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{
		t: t, addr: nextAddress(), changed: make(chan struct{}, 1),
		statuses: make(map[elb.ListenerKey]elb.ListenerStatus),
		history:  make(map[elb.ListenerKey][]elb.ListenerState),
		reported: make(chan struct{}),
	}
	s.desired = store.Desired{
		Revision:          1,
		Certificates:      map[string]elb.Certificate{"1": newCertificate(t, "one.test")},
		ListenerRevisions: map[elb.ListenerKey]int64{},
		LoadBalancers:     []elb.LoadBalancer{{ID: "lb-1", Status: elb.Active, Address: s.addr}},
	}
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	p := proxy.New(proxy.Options{Log: log})
	t.Cleanup(p.Close)
	relay, err := udp.New(udp.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	s.loop = New(Config{Source: s, Report: s.report, Proxy: p, Relay: relay, Node: "here", DrainTimeout: patience, Log: log, Reach: &elb.Reach{
		Own: func() []netip.AddrPort {
			if own := s.own.Load(); own != nil {
				return *own
			}
			return nil
		},
	}})
	return s
}

// run runs the loop until the test ends, or until stop is called.
func (s *site) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.loop.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.loop.Drain(ctx)
	})
	s.t.Cleanup(stop)
	return stop
}

type testLog struct{ testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.Logf("%s", p)
	return len(p), nil
}

// Desired and Changed implement Source.
func (s *site) Desired() store.Desired {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.desired
}

func (s *site) Changed() <-chan struct{} { return s.changed }

// change creates the next revision of the desired state. Like the store, it does not
// modify the slices of the previous one.
func (s *site) change(do func(d *store.Desired)) {
	s.mu.Lock()
	next := s.desired
	next.Revision++
	next.LoadBalancers = slices.Clone(next.LoadBalancers)
	for i := range next.LoadBalancers {
		next.LoadBalancers[i].Backends = slices.Clone(next.LoadBalancers[i].Backends)
	}
	before := next.Listeners
	next.Listeners = slices.Clone(next.Listeners)
	certificates := make(map[string]elb.Certificate)
	for id, c := range next.Certificates {
		certificates[id] = c
	}
	next.Certificates = certificates
	do(&next)
	next.ListenerRevisions = make(map[elb.ListenerKey]int64)
	for i, l := range next.Listeners {
		next.ListenerRevisions[l.Key()] = s.desired.ListenerRevisions[l.Key()]
		if i >= len(before) || fmt.Sprint(l) != fmt.Sprint(before[i]) {
			next.ListenerRevisions[l.Key()] = next.Revision
		}
	}
	s.desired = next
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// listener changes the listener on the given port.
func (s *site) listener(port int, do func(l *elb.Listener)) {
	s.change(func(d *store.Desired) {
		for i := range d.Listeners {
			if d.Listeners[i].Port == port {
				do(&d.Listeners[i])
			}
		}
	})
}

// backends replaces the pool of lb-1.
func (s *site) backends(all ...elb.Backend) {
	s.change(func(d *store.Desired) { d.LoadBalancers[0].Backends = all })
}

// listen adds a started listener to lb-1.
func (s *site) listen(port int, with ...func(*elb.Listener)) elb.ListenerKey {
	l := newListener("lb-1", port)
	for _, do := range with {
		do(&l)
	}
	s.change(func(d *store.Desired) { d.Listeners = append(d.Listeners, l) })
	return l.Key()
}

func newListener(loadBalancer string, port int) elb.Listener {
	return elb.Listener{
		LoadBalancerID: loadBalancer, Port: port, Protocol: elb.HTTPS, Scheduler: elb.WRR, Seed: make([]byte, 32),
		IdleTimeout: patience, RequestTimeout: patience, CertificateID: "1", Started: true,
	}
}

// checked enables health checks, at an interval that suits a test.
func checked(l *elb.Listener) {
	l.Check = elb.HealthCheck{
		On: true, URI: "/probe", Method: "head", HTTPCodes: []string{elb.HTTP2xx},
		Interval: 20 * time.Millisecond, Timeout: patience, Rise: 2, Fall: 2,
	}
}

func (s *site) report(_ context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	if node != "here" {
		return errors.New("reported under the name " + node)
	}
	for _, status := range changed {
		s.statuses[status.Key()] = status
		s.history[status.Key()] = append(s.history[status.Key()], status.State)
	}
	for _, k := range gone {
		delete(s.statuses, k)
		s.history[k] = append(s.history[k], elb.Stopped)
	}
	close(s.reported)
	s.reported = make(chan struct{})
	return nil
}

// refuseReports makes reports fail from now on, or succeed if err is nil.
func (s *site) refuseReports(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

// await waits until the reported status of a listener satisfies is.
func (s *site) await(k elb.ListenerKey, wanted string, is func(s elb.ListenerStatus, there bool) bool) elb.ListenerStatus {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		status, there := s.statuses[k]
		next := s.reported
		s.mu.Unlock()
		if is(status, there) {
			return status
		}
		select {
		case <-next:
		case <-timeout:
			s.t.Fatalf("listener %d is not %s but %+v", k.Port, wanted, status)
		}
	}
}

func (s *site) awaitState(k elb.ListenerKey, want elb.ListenerState) elb.ListenerStatus {
	s.t.Helper()
	return s.await(k, string(want), func(status elb.ListenerStatus, there bool) bool {
		return there && status.State == want && status.Revision >= s.revisionOf(k)
	})
}

func (s *site) revisionOf(k elb.ListenerKey) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.desired.ListenerRevisions[k]
}

func (s *site) awaitGone(k elb.ListenerKey) {
	s.t.Helper()
	s.await(k, "gone", func(_ elb.ListenerStatus, there bool) bool { return !there })
}

func (s *site) awaitHealth(k elb.ListenerKey, server, want string) elb.BackendStatus {
	s.t.Helper()
	var found elb.BackendStatus
	s.await(k, "one with "+server+" "+want, func(status elb.ListenerStatus, _ bool) bool {
		for _, b := range status.Backends {
			if b.ServerID == server && b.Health == want {
				found = b
				return true
			}
		}
		return false
	})
	return found
}

// client returns a new HTTP client, which trusts any certificate: certificate
// verification is not tested here.
func (s *site) client() *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *site) url(port int) string {
	return "https://" + netip.AddrPortFrom(s.addr, uint16(port)).String() + "/"
}

// get makes a request and returns the name of the backend that answered.
func (s *site) get(c *http.Client, port int) string {
	s.t.Helper()
	res, err := c.Get(s.url(port))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %q %v", s.url(port), res.Status, body, err)
	}
	return string(body)
}

// commonName returns the common name of the certificate in a new handshake.
func (s *site) commonName(port int) string {
	s.t.Helper()
	c, err := tls.Dial("tcp", netip.AddrPortFrom(s.addr, uint16(port)).String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// A server is a backend. It answers with its name, sends the first half at once, and
// the second half of an answer to /slow when hold permits.
type server struct {
	elb.Backend
	conns   atomic.Int32 // accepted so far
	healthy atomic.Bool
	hold    chan struct{} // the second half of an answer to /slow waits for it
}

func newServer(t testing.TB, name string) *server {
	t.Helper()
	b := &server{hold: make(chan struct{})}
	b.healthy.Store(true)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/probe" && !b.healthy.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/slow":
			_, _ = io.WriteString(w, "begin ")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-b.hold:
			case <-r.Context().Done():
			}
			_, _ = io.WriteString(w, name)
		default:
			_, _ = io.WriteString(w, name)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			b.conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	at := netip.MustParseAddrPort(s.Listener.Addr().String())
	b.Backend = elb.Backend{ServerID: "i-" + name, IP: at.Addr(), Port: int(at.Port()), Weight: 100}
	return b
}

// addresses numbers the addresses of this process's sites; other test binaries use
// other ranges.
var addresses atomic.Uint32

func nextAddress() netip.Addr {
	n := addresses.Add(1)
	return netip.AddrFrom4([4]byte{127, 27, byte(n >> 8), byte(n)})
}

func newCertificate(t testing.TB, name string) elb.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return elb.Certificate{
		ChainPEM:   string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		KeyPEM:     string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
		CreateTime: time.Now(),
	}
}

// freePort returns an unused port of the site's address.
func (s *site) freePort() int {
	s.t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(s.addr, 0).String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	return n
}
