package elbtest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
)

// A Front is a listener from the side of its clients.
type Front struct {
	*Site
	Port string
}

// AwaitState waits until the API reports the state.
func (f *Front) AwaitState(t testing.TB, state string) {
	t.Helper()
	Eventually(t, func() error {
		found, err := f.Describe(f.Port)
		if err != nil {
			return err
		}
		if found.Status != state {
			return fmt.Errorf("listener %s is %s, not %s", f.Port, found.Status, state)
		}
		return nil
	})
}

// HostPort returns the address of the listener.
func (f *Front) HostPort() string { return net.JoinHostPort(f.Address, f.Port) }

// URL returns the URL of a path on the listener.
func (f *Front) URL(path string) string { return "https://" + SiteName + ":" + f.Port + path }

// TLS returns a client's TLS configuration that trusts the site.
func (f *Front) TLS() *tls.Config {
	return &tls.Config{RootCAs: f.Certificate.Roots, ServerName: SiteName}
}

// Dial opens a TLS connection; it ends with the test.
func (f *Front) Dial(t testing.TB) *tls.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", f.HostPort(), f.TLS())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Client returns an HTTP client of the listener with a cookie jar. It connects from the
// address from, or from any if that is "".
func (f *Front) Client(t testing.TB, from string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dialer := &net.Dialer{}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	transport := &http.Transport{
		TLSClientConfig: f.TLS(),
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, "tcp", net.JoinHostPort(f.Address, port))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// An Answer is a response that was read completely.
type Answer struct {
	Status  int
	Header  http.Header
	Body    string
	Backend string // the name of the backend that answered; "" if none did
}

// Get requests a path.
func (f *Front) Get(t testing.TB, c *http.Client, path string) Answer {
	t.Helper()
	a, err := f.TryGet(c, path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TryGet is Get for a request that may fail.
func (f *Front) TryGet(c *http.Client, path string) (Answer, error) {
	res, err := c.Get(f.URL(path))
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{
		Status: res.StatusCode, Header: res.Header, Body: strings.TrimSpace(string(body)),
		Backend: res.Header.Get("X-Backend"),
	}, nil
}

// Spread sends n requests and counts the answers of each backend.
func (f *Front) Spread(t testing.TB, c *http.Client, n int) map[string]int {
	t.Helper()
	count := make(map[string]int)
	for range n {
		a := f.Get(t, c, "/")
		if a.Status != http.StatusOK {
			t.Fatalf("GET /: %d %s", a.Status, a.Body)
		}
		count[a.Backend]++
	}
	return count
}
