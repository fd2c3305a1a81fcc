package elbtest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// Clients resume their TLS sessions with the next process, however the last one ended.
// QUIC clients learn of its end at once.
func TestSessionsOutlastTheProcess(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	f := NewSite(t, n, NewBackend(t, "a")).Listen(t, nil)
	old, err := f.tryTLS(tls.VersionTLS12, nil)
	if err != nil || old {
		t.Fatalf("first visit: resumed is %t, %v", old, err)
	}
	versions := map[uint16]tls.ClientSessionCache{
		tls.VersionTLS12: tls.NewLRUClientSessionCache(0), tls.VersionTLS13: tls.NewLRUClientSessionCache(0),
	}
	for version, cache := range versions {
		for visit, want := range []bool{false, true} {
			if resumed, err := f.tryTLS(version, cache); err != nil || resumed != want {
				t.Errorf("%s, visit %d before the end: resumed is %t, %v", tls.VersionName(version), visit+1, resumed, err)
			}
		}
	}
	sessions := tls.NewLRUClientSessionCache(0)
	quicClient := f.dialQUIC(t, sessions)

	n.Kill()
	again := n.Again(t)
	f.awaitServing(t)
	for version, cache := range versions {
		if resumed, err := f.tryTLS(version, cache); err != nil || !resumed {
			t.Errorf("%s after the end: resumed is %t, %v", tls.VersionName(version), resumed, err)
		}
	}
	var reset *quic.StatelessResetError
	if _, err := quicClient.get(f.URL("/")); !errors.As(err, &reset) {
		t.Errorf("on a QUIC connection of the last process: got %v, want a stateless reset", err)
	}
	second := f.dialQUIC(t, sessions)
	if state := second.conn.ConnectionState(); !state.TLS.DidResume || !state.Used0RTT {
		t.Errorf("QUIC after the end: resumed is %t, with 0-RTT %t", state.TLS.DidResume, state.Used0RTT)
	}

	again.Stop(t)
	again.Again(t)
	f.awaitServing(t)
	for version, cache := range versions {
		if resumed, err := f.tryTLS(version, cache); err != nil || !resumed {
			t.Errorf("%s after another end: resumed is %t, %v", tls.VersionName(version), resumed, err)
		}
	}
}

// A TLS session of one listener cannot be resumed at another one with the same
// certificate.
func TestSessionsStayWithTheirListener(t *testing.T) {
	t.Parallel()
	s := NewSite(t, Start(t, Options{}), NewBackend(t, "a"))
	one, other := s.Listen(t, nil), s.Listen(t, nil)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cache := tls.NewLRUClientSessionCache(0)
		for i, step := range []struct {
			front *Front
			want  bool
		}{{one, false}, {one, true}, {other, false}, {other, true}, {one, false}} {
			if resumed, err := step.front.tryTLS(version, cache); err != nil || resumed != step.want {
				t.Errorf("%s, step %d: resumed is %t, %v, want %t", tls.VersionName(version), i+1, resumed, err, step.want)
			}
		}
	}
}

// tryTLS makes a request on a new connection and reports whether it resumed a session.
func (f *Front) tryTLS(version uint16, cache tls.ClientSessionCache) (resumed bool, err error) {
	conf := f.TLS()
	conf.MaxVersion, conf.ClientSessionCache = version, cache
	c, err := tls.Dial("tcp", f.HostPort(), conf)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+SiteName+"\r\n\r\n"); err != nil {
		return false, err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil) // the ticket precedes the answer
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false, fmt.Errorf("answered with %s", res.Status)
	}
	return c.ConnectionState().DidResume, nil
}

// awaitServing waits until the listener answers.
func (f *Front) awaitServing(t *testing.T) {
	t.Helper()
	Eventually(t, func() error {
		_, err := f.tryTLS(tls.VersionTLS13, nil)
		return err
	})
}

// A quicClient is one QUIC connection with HTTP/3 on it.
type quicClient struct {
	conn *quic.Conn
	h3   *http3.ClientConn
}

// dialQUIC connects, makes a request, and waits until it has received a session ticket.
func (f *Front) dialQUIC(t *testing.T, sessions tls.ClientSessionCache) *quicClient {
	t.Helper()
	conf := f.TLS()
	conf.NextProtos = []string{http3.NextProtoH3}
	stored := &storeWatch{ClientSessionCache: sessions, stored: make(chan struct{}, 8)}
	conf.ClientSessionCache = stored
	udp, err := net.ListenUDP("udp", nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &quic.Transport{Conn: udp}
	t.Cleanup(func() { _ = tr.Close(); _ = udp.Close() })
	to, err := net.ResolveUDPAddr("udp", f.HostPort())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := tr.DialEarly(ctx, to, conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &quicClient{conn, new(http3.Transport).NewClientConn(conn)}
	if status, err := c.get(f.URL("/")); err != nil || status != http.StatusOK {
		t.Fatalf("over QUIC: got %d, %v", status, err)
	}
	select {
	case <-stored.stored:
	case <-ctx.Done():
		t.Fatal("no session ticket over QUIC")
	}
	return c
}

func (c *quicClient) get(url string) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := c.h3.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// A storeWatch signals that a session was stored.
type storeWatch struct {
	tls.ClientSessionCache
	stored chan struct{}
}

func (w *storeWatch) Put(key string, s *tls.ClientSessionState) {
	w.ClientSessionCache.Put(key, s)
	if s != nil {
		select {
		case w.stored <- struct{}{}:
		default:
		}
	}
}
