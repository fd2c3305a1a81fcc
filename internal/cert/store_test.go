package cert

import (
	"crypto/elliptic"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
)

func pairFor(t testing.TB, name string) *Pair {
	t.Helper()
	e := issue(t, name, entity{}, ecdsaKey(t, elliptic.P256()))
	pair, err := Parse(e.pem(), e.keyPEM(t), now)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestStoreChooses(t *testing.T) {
	var s Store
	exact, wild, fallback := pairFor(t, "exact"), pairFor(t, "wild"), pairFor(t, "fallback")
	s.Replace(fallback, map[string]*Pair{"www.example.com": exact, "*.Example.com": wild, "com": exact})
	for _, tt := range []struct {
		name string
		want *Pair
	}{
		{"www.example.com", exact},
		{"WWW.Example.COM", exact},
		{"www.example.com.", exact},
		{"api.example.com", wild},
		{"*.example.com", wild},
		{"a.b.example.com", fallback},
		{".example.com", wild},
		{"example.com", fallback},
		{"com", exact},
		{"www.example.org", fallback},
		{"", fallback},
		{".", fallback},
		{strings.Repeat("a.", 1000), fallback},
	} {
		got, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: tt.name})
		if err != nil || got != &tt.want.TLS {
			t.Errorf("%.40q: got %v, %v, want %s", tt.name, got.Leaf.Subject, err, tt.want.Facts.CommonName)
		}
	}
}

func TestStoreWithoutFallback(t *testing.T) {
	var s Store
	ask := func(name string) error {
		_, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
		return err
	}
	if err := ask("a"); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("empty store: got %v, want %v", err, ErrNoCertificate)
	}
	s.Replace(nil, map[string]*Pair{"a": pairFor(t, "a")})
	if err := ask("a"); err != nil {
		t.Errorf("known name: got %v", err)
	}
	for _, name := range []string{"b", ""} {
		if err := ask(name); !errors.Is(err, ErrNoCertificate) {
			t.Errorf("%q: got %v, want %v", name, err, ErrNoCertificate)
		}
	}
}

// New handshakes see a replaced certificate; connections that are open go on.
func TestStoreReplaceWhileServing(t *testing.T) {
	var s Store
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: s.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go echo(listener)
	dial := func() *tls.Conn {
		// The certificates here are nobody's; which one came is what is looked at.
		conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: "a.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	name := func(conn *tls.Conn) string { return conn.ConnectionState().PeerCertificates[0].Subject.CommonName }

	s.Replace(pairFor(t, "old"), nil)
	before := dial()
	defer before.Close()
	s.Replace(pairFor(t, "fallback"), map[string]*Pair{"*.example.com": pairFor(t, "new")})
	after := dial()
	defer after.Close()
	if name(before) != "old" || name(after) != "new" {
		t.Errorf("got %s before and %s after, want old and new", name(before), name(after))
	}
	for _, conn := range []*tls.Conn{before, after} {
		buf := make([]byte, 1)
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(buf); err != nil || buf[0] != 'x' {
			t.Errorf("%s: echo %q, %v", name(conn), buf, err)
		}
	}
}

// echo serves each connection with what it sends, one byte at a time, until
// the listener is closed.
func echo(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			buf := make([]byte, 1)
			for {
				if _, err := conn.Read(buf); err != nil {
					return
				}
				if _, err := conn.Write(buf); err != nil {
					return
				}
			}
		}()
	}
}
