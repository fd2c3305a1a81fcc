package elbtest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"

	"elbow/internal/api"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// parameters has, for every parameter on the page of the specification and for the switch
// in its notes, the test of its effect.
var parameters = map[string]func(*testing.T){
	"LoadBalancerId":         testLoadBalancerID,
	"ListenerPort":           testListenerPort,
	"ListenerForward":        testListenerForward,
	"ForwardPort":            testForwardPort,
	"Description":            testDescription,
	"Scheduler":              testScheduler,
	"StickySession":          testStickySession,
	"StickySessionType":      testStickySessionType,
	"CookieTimeout":          testCookieTimeout,
	"Cookie":                 testCookie,
	"HealthCheck":            testHealthCheck,
	"HealthCheckDomain":      testHealthCheckDomain,
	"HealthCheckURI":         testHealthCheckURI,
	"HealthyThreshold":       testHealthyThreshold,
	"UnhealthyThreshold":     testUnhealthyThreshold,
	"HealthCheckTimeout":     testHealthCheckTimeout,
	"HealthCheckConnectPort": testHealthCheckConnectPort,
	"HealthCheckInterval":    testHealthCheckInterval,
	"HealthCheckHttpCode":    testHealthCheckHTTPCode,
	"HealthCheckMethod":      testHealthCheckMethod,
	"IdleTimeout":            testIdleTimeout,
	"RequestTimeout":         testRequestTimeout,
	"ServerCertificateId":    testServerCertificateID,
	"BackendServerPort":      testBackendServerPort,
	"BackendServerProtocol":  testBackendServerProtocol,
	"StickySessionSameSite":  testStickySessionSameSite,
}

func TestParameters(t *testing.T) {
	op, ok := api.Lookup(api.EnsVersion, "CreateLoadBalancerHTTPSListener")
	if !ok {
		t.Fatal("the operation is not in the table")
	}
	var rows []string
	for _, r := range op.New().Params() {
		rows = append(rows, r.Name)
		if parameters[r.Name] == nil {
			t.Errorf("no test says what the parameter %s does", r.Name)
		}
	}
	for name, test := range parameters {
		if !slices.Contains(rows, name) {
			t.Errorf("the operation has no parameter %s", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// The listener belongs to its load balancer: it serves on that load balancer's address
// only.
func testLoadBalancerID(t *testing.T) {
	a := NewSite(t, node(t), NewBackend(t, "a"))
	b := NewSite(t, node(t), NewBackend(t, "b"))
	f := a.Listen(t, nil)
	if got := f.Get(t, f.Client(t, ""), "/").Backend; got != "a" {
		t.Errorf("answered by %q, want a", got)
	}
	if c, err := net.Dial("tcp", net.JoinHostPort(b.Address, f.Port)); err == nil {
		c.Close()
		t.Errorf("the listener of %s also accepts on the address of %s", a.LoadBalancerID, b.LoadBalancerID)
	}
	if err := a.Create(a.ListenerParams(map[string]string{"LoadBalancerId": "lb-none"})); Code(err) != "LoadBalancerNotFound" {
		t.Errorf("unknown load balancer: %v", err)
	}
}

func testListenerPort(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	f := s.Listen(t, map[string]string{"ListenerPort": "9443"})
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != http.StatusOK {
		t.Errorf("port 9443: status %d", got)
	}
	if c, err := net.Dial("tcp", net.JoinHostPort(s.Address, "9444")); err == nil {
		c.Close()
		t.Error("port 9444 accepts as well")
	}
}

func testListenerForward(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	on := s.Listen(t, map[string]string{"ListenerForward": "on", "ForwardPort": "8080"})
	for method, want := range map[string]int{
		"GET": http.StatusMovedPermanently, "HEAD": http.StatusMovedPermanently,
		"POST": http.StatusPermanentRedirect, "DELETE": http.StatusPermanentRedirect,
	} {
		request, err := http.NewRequest(method, "http://"+SiteName+":8080/path?query=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := on.Client(t, "").Do(request)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", method, res.StatusCode, want)
		}
		if got, want := res.Header.Get("Location"), on.URL("/path?query=1"); got != want {
			t.Errorf("%s: Location %q, want %q", method, got, want)
		}
	}
	s.Listen(t, map[string]string{"ListenerForward": "off", "ForwardPort": "8081"})
	if c, err := net.Dial("tcp", net.JoinHostPort(s.Address, "8081")); err == nil {
		c.Close()
		t.Error("ForwardPort accepts although ListenerForward is off")
	}
}

// The redirect's URL has no port if it is the default port of https. ForwardPort is
// required only with ListenerForward, and no other listener may use it.
func testForwardPort(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	taken := s.Listen(t, nil)
	for _, tt := range []struct {
		changes map[string]string
		want    string
	}{
		{map[string]string{"ListenerForward": "on"}, "MissingForwardPort"},
		{map[string]string{"ListenerForward": "on", "ListenerPort": "9000", "ForwardPort": "9000"}, "InvalidParameter.ForwardPort"},
		{map[string]string{"ListenerForward": "on", "ForwardPort": taken.Port}, "ListenerAlreadyExists"},
		{map[string]string{"ListenerForward": "on", "ForwardPort": "0"}, "InvalidParameter.ForwardPort"},
		{map[string]string{"ListenerForward": "off", "ForwardPort": "0"}, ""},
		{map[string]string{"ForwardPort": "65536"}, "InvalidForwardPort"},
	} {
		if got := Code(s.Create(s.ListenerParams(tt.changes))); got != tt.want {
			t.Errorf("%v: code %q, want %q", tt.changes, got, tt.want)
		}
	}
	forward := s.Listen(t, map[string]string{"ListenerForward": "on", "ForwardPort": "8080"})
	if got := Code(s.Create(s.ListenerParams(map[string]string{"ListenerPort": "8080"}))); got != "ListenerAlreadyExists" {
		t.Errorf("a listener on the ForwardPort of %s: code %q", forward.Port, got)
	}
	if lowPorts(t, s.Address) {
		f := s.Listen(t, map[string]string{"ListenerPort": "443", "ListenerForward": "on", "ForwardPort": "80"})
		res, err := f.Client(t, "").Get("http://" + SiteName + "/path")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got, want := res.Header.Get("Location"), "https://"+SiteName+"/path"; got != want {
			t.Errorf("to port 443: Location %q, want %q", got, want)
		}
	}
}

// lowPorts reports whether this process, and so its children, may bind ports below 1024.
func lowPorts(t *testing.T, ip string) bool {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "81"))
	if err != nil {
		t.Logf("ports 80 and 443 are left out: %v", err)
		return false
	}
	l.Close()
	return true
}

func testDescription(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	for text, want := range map[string]string{
		"Listener description":        "",
		strings.Repeat("é", 80):       "",
		strings.Repeat("x", 81):       "InvalidDescription",
		"http://example.com":          "InvalidDescription",
		"https://example.com":         "InvalidDescription",
		"see https://example.com too": "",
	} {
		params := s.ListenerParams(map[string]string{"Description": text})
		if got := Code(s.Create(params)); got != want {
			t.Errorf("%q: code %q, want %q", text, got, want)
			continue
		}
		if want != "" {
			continue
		}
		found, err := s.Describe(params["ListenerPort"])
		if err != nil {
			t.Fatal(err)
		}
		if found.Description != text {
			t.Errorf("described as %q, want %q", found.Description, text)
		}
		if got := listed(t, s, params["ListenerPort"]).Description; got != text {
			t.Errorf("listed as %q, want %q", got, text)
		}
	}
}

// IdleTimeout closes connections without a request, and no others.
func testIdleTimeout(t *testing.T) {
	a := NewBackend(t, "a")
	s := NewSite(t, node(t), a)
	short := s.Listen(t, map[string]string{"IdleTimeout": "1"})
	long := s.Listen(t, map[string]string{"IdleTimeout": "60"})

	kept := long.Client(t, "")
	long.Get(t, kept, "/")
	release := make(chan struct{})
	a.Serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
		}
	})
	slow := make(chan error, 1)
	go func() { // ends with the answer, which is read below
		res, err := short.Client(t, "").Get(short.URL("/slow"))
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
		}
		slow <- err
	}()

	c := short.Dial(t)
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", SiteName); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("after the idle timeout: %v, want a clean end", err)
	}
	untouched := short.Dial(t)
	if _, err := io.ReadAll(untouched); err != nil {
		t.Errorf("a connection without any request: %v, want a clean end", err)
	}
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("a request in flight for longer than the idle timeout: %v", err)
	}
	if reused := reuses(t, long, kept); !reused {
		t.Error("with IdleTimeout 60 the connection is gone as early as with 1")
	}
}

// RequestTimeout bounds the time until the response head; then the answer is 504. A body
// may take longer.
func testRequestTimeout(t *testing.T) {
	a := NewBackend(t, "a")
	s := NewSite(t, node(t), a)
	short := s.Listen(t, map[string]string{"RequestTimeout": "1"})
	long := s.Listen(t, map[string]string{"RequestTimeout": "180"})
	late := make(chan struct{})
	a.Serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush() // an error shows in the answer
		}
		select {
		case <-late:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, "late") // an error shows in the answer
	})
	waiting := make(chan Answer, 2)
	for _, ask := range []struct {
		front *Front
		path  string
	}{{short, "/body"}, {long, "/head"}} {
		go func() { // ends with the answer; both are read below
			a, err := ask.front.TryGet(ask.front.Client(t, ""), ask.path)
			if err != nil {
				a.Body = err.Error()
			}
			waiting <- a
		}()
	}
	if got := short.Get(t, short.Client(t, ""), "/head").Status; got != http.StatusGatewayTimeout {
		t.Errorf("no response head: status %d, want 504", got)
	}
	close(late)
	for range 2 {
		if got := <-waiting; got.Status != http.StatusOK || got.Body != "late" {
			t.Errorf("a late body, or a late head with RequestTimeout 180: %d %q", got.Status, got.Body)
		}
	}
}

// The certificate is served, has to exist, and can be replaced without an effect on open
// connections.
func testServerCertificateID(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	if got := Code(s.Create(s.ListenerParams(map[string]string{"ServerCertificateId": "1"}))); got != "ServerCertificateNotFound" {
		t.Errorf("unknown certificate: code %q", got)
	}
	f := s.Listen(t, nil)
	before := f.Client(t, "")
	f.Get(t, before, "/")

	other := NewCertificate(t, SiteName)
	if err := s.Set(map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port, "ServerCertificateId": Upload(t, s.SDK, other)}); err != nil {
		t.Fatal(err)
	}
	Eventually(t, func() error {
		c, err := tls.Dial("tcp", f.HostPort(), &tls.Config{RootCAs: other.Roots, ServerName: SiteName})
		if err != nil {
			return err
		}
		return c.Close()
	})
	if !reuses(t, f, before) {
		t.Error("exchanging the certificate closed an open connection")
	}
	if _, err := tls.Dial("tcp", f.HostPort(), f.TLS()); err == nil {
		t.Error("the old certificate is still served")
	}
	testSeveralCertificates(t, s)
}

// With several certificates, each client gets one that it can verify and that has the
// requested name.
func testSeveralCertificates(t *testing.T, s *Site) {
	rsa, other := NewRSACertificate(t, 2048, SiteName), NewCertificate(t, "other.test")
	ids := Upload(t, s.SDK, rsa) + "," + s.CertificateID + "," + Upload(t, s.SDK, other)
	if got := Code(s.Create(s.ListenerParams(map[string]string{"ServerCertificateId": ids + ",1"}))); got != "ServerCertificateNotFound" {
		t.Errorf("an unknown certificate among others: code %q", got)
	}
	f := s.Listen(t, map[string]string{"ServerCertificateId": ids})
	if found, err := f.Describe(f.Port); err != nil || found.ServerCertificateId != ids {
		t.Errorf("described as %q, %v, want %q", found.ServerCertificateId, err, ids)
	}
	for _, tt := range []struct {
		client string
		conf   *tls.Config
		want   Certificate
	}{
		{"of today", &tls.Config{ServerName: SiteName}, s.Certificate},
		{"of old, with RSA alone", &tls.Config{
			ServerName: SiteName, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		}, rsa},
		{"of another name", &tls.Config{ServerName: "other.test"}, other},
	} {
		tt.conf.RootCAs = tt.want.Roots
		c, err := tls.Dial("tcp", f.HostPort(), tt.conf)
		if err != nil {
			t.Errorf("a client %s: %v", tt.client, err)
			continue
		}
		_ = c.Close()
	}
}

// The port of a backend is its own, else BackendServerPort, else ListenerPort.
func testBackendServerPort(t *testing.T) {
	own, shared := NewBackend(t, "own"), NewBackend(t, "shared")
	add := func(s *Site, id, port string) {
		t.Helper()
		request := ens.CreateAddBackendServersRequest()
		request.LoadBalancerId = s.LoadBalancerID
		request.BackendServers = &[]ens.AddBackendServersBackendServers{{ServerId: id, Ip: "127.0.0.1", Port: port}}
		if _, err := s.ENS.AddBackendServers(request); err != nil {
			t.Fatal(err)
		}
	}
	s := NewSite(t, node(t))
	add(s, "i-own", own.Port())
	f := s.Listen(t, map[string]string{"BackendServerPort": shared.Port()})
	if got := f.Get(t, f.Client(t, ""), "/").Backend; got != "own" {
		t.Errorf("a backend with a port of its own: answered by %q", got)
	}
	s = NewSite(t, node(t))
	add(s, "i-shared", "")
	f = s.Listen(t, map[string]string{"BackendServerPort": shared.Port()})
	if got := f.Get(t, f.Client(t, ""), "/").Backend; got != "shared" {
		t.Errorf("a backend without a port: answered by %q", got)
	}
	f = s.Listen(t, map[string]string{"ListenerPort": shared.Port()})
	if got := f.Get(t, f.Client(t, ""), "/").Backend; got != "shared" {
		t.Errorf("without BackendServerPort: answered by %q", got)
	}
}

// reuses reports whether a client's persistent connection carries another request.
func reuses(t *testing.T, f *Front, c *http.Client) bool {
	t.Helper()
	var reused bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) { reused = got.Reused },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL("/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return reused && res.StatusCode == http.StatusOK
}
