package connlimit

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"elbow/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

type connKey struct{}

// serve runs a server that trusts clients which send Key, and answers with the
// number of bytes it received.
func serve(t *testing.T, limits Limits, secure bool) *Listener {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(tcp, limits)
	server := &http.Server{
		ConnState:      State,
		ConnContext:    withConn,
		MaxHeaderBytes: 2 << 20,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Key") != "" {
				Trust(r.Context().Value(connKey{}).(net.Conn))
			}
			n, err := io.Copy(io.Discard, r.Body)
			if err == nil {
				fmt.Fprint(w, n)
			}
		}),
	}
	var outer net.Listener = l
	if secure {
		outer = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate(t)}})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(outer) // ends with the server
	}()
	t.Cleanup(func() {
		server.Close()
		<-ended
		if open, held := l.Open(), l.pending; open != 0 || held != 0 || len(l.of) != 0 {
			t.Errorf("at the end %d connections of %d networks hold %d bytes", open, len(l.of), held)
		}
	})
	return l
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A client is one connection.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, l *Listener, from string) *client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{c, t, bufio.NewReader(c)}
}

// ask makes a request with a body and returns its error.
func (c *client) ask(fields string, body int) error {
	go func() { // ends with the connection
		_, _ = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\n%sContent-Length: %d\r\n\r\n%s", fields, body, strings.Repeat("x", body))
	}()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && string(text) != fmt.Sprint(body) {
		err = fmt.Errorf("answered %q", text)
	}
	return err
}

// send sends a part of a request; the connection may be closed meanwhile.
func (c *client) send(text string) { _, _ = io.WriteString(c, text) }

// closed waits until the server has closed the connection.
func (c *client) closed() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second)) // reached only by a failing test
	if _, err := io.Copy(io.Discard, c.r); err != nil && strings.Contains(err.Error(), "timeout") {
		c.t.Error("the connection is still open")
	}
}

// However many connections untrusted clients hold, in whatever state, a new
// client is served, and no more than the limit are open.
func TestConnectionsAreBounded(t *testing.T) {
	for name, begin := range map[string]string{
		"idle": "", "unfinished head": "GET / HTTP/1.1\r\nHost: a\r\nX: ", "slow body": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
		"half a TLS record": "\x16\x03\x01\x02\x00\x01",
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			const limit = 8
			l := serve(t, Limits{Conns: limit, Pending: 1 << 20}, strings.Contains(name, "TLS"))
			secure := strings.Contains(name, "TLS")
			for range 5 * limit {
				dial(t, l, "127.0.0.1").send(begin)
				if n := l.Open(); n > limit {
					t.Errorf("%d are open", n)
				}
			}
			for _, from := range []string{"127.0.0.1", "127.0.0.2"} {
				c := dial(t, l, from)
				if secure {
					c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
					c.r = bufio.NewReader(c.Conn)
				}
				if err := c.ask("", 10); err != nil {
					t.Errorf("from %s: %v", from, err)
				}
			}
			if n := l.Open(); n > limit {
				t.Errorf("%d are open", n)
			}
			if n := l.Closed(); n < 4*limit {
				t.Errorf("%d were closed, want %d at least", n, 4*limit)
			}
		})
	}
}

// Trusted clients keep their connections while untrusted ones have any, and
// untrusted clients of another address do while one address has more.
func TestUntrustedConnectionsAreClosedFirst(t *testing.T) {
	leak.Check(t)
	const limit = 8
	l := serve(t, Limits{Conns: limit, Pending: 1 << 20}, false)
	known, few := dial(t, l, "127.0.0.1"), dial(t, l, "127.0.0.2")
	if err := known.ask("Key: k\r\n", 1); err != nil {
		t.Fatal(err)
	}
	if err := few.ask("", 1); err != nil {
		t.Fatal(err)
	}
	for range 5 * limit {
		dial(t, l, "127.0.0.1")
	}
	if err := dial(t, l, "127.0.0.1").ask("", 1); err != nil { // all before it were accepted
		t.Fatal(err)
	}
	if err := known.ask("", 1); err != nil {
		t.Errorf("the trusted one: %v", err)
	}
	if err := few.ask("", 1); err != nil {
		t.Errorf("the one of another address: %v", err)
	}
}

// If all are trusted, the one that has waited longest is closed; if all are busy,
// the new one.
func TestOnlyTrusted(t *testing.T) {
	leak.Check(t)
	l := serve(t, Limits{Conns: 2, Pending: 1 << 20}, false)
	first, second := dial(t, l, "127.0.0.1"), dial(t, l, "127.0.0.1")
	for _, c := range []*client{first, second, first} {
		if err := c.ask("Key: k\r\n", 1); err != nil {
			t.Fatal(err)
		}
		l.awaitIdle(2) // an answer is read before the server notes that it waits
	}
	third := dial(t, l, "127.0.0.1")
	second.closed()
	third.send("POST / HTTP/1.1\r\nHost: a\r\nKey: k\r\nContent-Length: 2\r\n\r\nx")
	first.send("POST / HTTP/1.1\r\nHost: a\r\nKey: k\r\nContent-Length: 2\r\n\r\nx")
	l.awaitIdle(0) // the server has read them
	dial(t, l, "127.0.0.1").closed()
	for _, c := range []*client{first, third} {
		c.send("x")
		if res, err := http.ReadResponse(c.r, nil); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("a busy one: %v", err)
		}
	}
}

// awaitIdle waits until n connections wait for a request, or are not trusted.
func (l *Listener) awaitIdle(n int) {
	for l.idle() != n {
		time.Sleep(time.Millisecond)
	}
}

// idle is the number of connections that wait for a request, or are not trusted.
func (l *Listener) idle() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if c.idle || !c.trusted {
			n++
		}
	}
	return n
}

// What untrusted clients have sent of heads and bodies is bounded; one that sends
// more displaces the one that holds most, and an honest client is served.
func TestPendingIsBounded(t *testing.T) {
	for name, begin := range map[string]string{
		"heads": "GET / HTTP/1.1\r\nHost: a\r\nX: ", "bodies": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
		"chunks":  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
		"queries": "GET /?a=",
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			const limit = 1 << 20
			l := serve(t, Limits{Conns: 100, Pending: limit}, false)
			for range 40 {
				c := dial(t, l, "127.0.0.1")
				go c.send(begin + strings.Repeat("x", 500<<10)) // ends with the connection
			}
			if err := dial(t, l, "127.0.0.2").ask("", 200<<10); err != nil {
				t.Errorf("from another address: %v", err)
			}
			for l.Closed() < 30 { // 40 connections with 500 KiB each, of which two fit
				l.mu.Lock()
				held := l.pending
				l.mu.Unlock()
				if held > limit {
					t.Fatalf("%d bytes are held", held)
				}
				time.Sleep(time.Millisecond)
			}
			if err := dial(t, l, "127.0.0.1").ask("", 10); err != nil {
				t.Errorf("from the same address: %v", err)
			}
		})
	}
}

// A connection whose requests are answered holds nothing, however much came on
// it, and a trusted client may send more than the bound.
func TestAnsweredRequestsHoldNothing(t *testing.T) {
	leak.Check(t)
	l := serve(t, Limits{Conns: 10, Pending: 100 << 10}, false)
	c := dial(t, l, "127.0.0.1")
	for range 20 {
		if err := c.ask("", 50<<10); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.ask("Key: k\r\n", 1<<20); err != nil {
		t.Errorf("a trusted client: %v", err)
	}
	if n := l.Closed(); n != 0 {
		t.Errorf("%d connections were closed", n)
	}
}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}
