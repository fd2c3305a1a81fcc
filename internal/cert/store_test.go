package cert

import (
	"crypto"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
)

func pairFor(t testing.TB, names ...string) *Pair {
	t.Helper()
	return pairOf(t, ecdsaKey(t, elliptic.P256()), names...)
}

// pairOf returns a pair for these names whose common name is the type of its key.
func pairOf(t testing.TB, key crypto.Signer, names ...string) *Pair {
	t.Helper()
	e := issue(t, names[0], entity{}, key, func(c *x509.Certificate) { c.DNSNames = names })
	pair, err := Parse(e.pem(), e.keyPEM(t), now)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// modern and old are clients that can verify ECDSA, and only RSA.
var (
	modern = tls.ClientHelloInfo{
		SupportedVersions: []uint16{tls.VersionTLS13},
		SignatureSchemes:  []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256, tls.PSSWithSHA256, tls.PKCS1WithSHA256},
	}
	old = tls.ClientHelloInfo{
		SupportedVersions: []uint16{tls.VersionTLS12},
		SignatureSchemes:  []tls.SignatureScheme{tls.PSSWithSHA256, tls.PKCS1WithSHA256},
		CipherSuites:      []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		SupportedCurves:   []tls.CurveID{tls.X25519},
		SupportedPoints:   []uint8{0},
	}
)

func TestStoreChoosesByName(t *testing.T) {
	var s Store
	first, exact, wild := pairFor(t, "first.test"), pairFor(t, "www.example.com", "com"), pairFor(t, "*.Example.com", "b.test")
	s.Replace(first, wild, exact)
	for _, tt := range []struct {
		name string
		want *Pair
	}{
		{"www.example.com", exact},
		{"WWW.Example.COM", exact},
		{"www.example.com.", exact},
		{"api.example.com", wild},
		{"b.test", wild},
		{"a.b.example.com", first},
		{"example.com", first},
		{"com", exact},
		{"www.example.org", first},
		{"", first},
		{".", first},
		{strings.Repeat("a.", 1000), first},
	} {
		hello := modern
		hello.ServerName = tt.name
		got, err := s.GetCertificate(&hello)
		if err != nil || got != &tt.want.TLS {
			t.Errorf("%.40q: got %v, %v, want %s", tt.name, got.Leaf.Subject, err, tt.want.Facts.CommonName)
		}
	}
}

// The order is: signatures that a client can verify, the name, the cost, the
// order given.
func TestStoreChoosesByAlgorithm(t *testing.T) {
	rsa, ec := pairOf(t, rsaKey(t, 2048), "a.test"), pairFor(t, "a.test")
	second, p384 := pairFor(t, "a.test"), pairOf(t, ecdsaKey(t, elliptic.P384()), "a.test")
	wild, other := pairFor(t, "*.test"), pairOf(t, rsaKey(t, 2048), "b.test")
	for i, tt := range []struct {
		pairs       []*Pair
		modern, old *Pair
	}{
		{[]*Pair{rsa, ec}, ec, rsa},
		{[]*Pair{ec, rsa}, ec, rsa},
		{[]*Pair{rsa, second, ec}, second, rsa},
		{[]*Pair{p384, rsa}, rsa, rsa}, // it does not announce P-384
		{[]*Pair{wild, rsa}, rsa, rsa}, // the name is preferred
		{[]*Pair{wild, other}, wild, other},
		{[]*Pair{other, ec}, ec, other},
		{[]*Pair{ec, p384}, ec, ec}, // impossible: the handshake fails
		{[]*Pair{p384}, p384, p384},
	} {
		var s Store
		s.Replace(tt.pairs...)
		for hello, want := range map[*tls.ClientHelloInfo]*Pair{&modern: tt.modern, &old: tt.old} {
			h := *hello
			h.ServerName = "a.test"
			if got, err := s.GetCertificate(&h); err != nil || got != &want.TLS {
				t.Errorf("row %d, %v: got %v of %v, %v", i+1, h.SignatureSchemes, got.Leaf.PublicKeyAlgorithm, got.Leaf.DNSNames, err)
			}
		}
	}
}

// Every kind of key that can be uploaded serves a client that can verify it.
func TestStoreServesEveryKey(t *testing.T) {
	for name, key := range map[string]crypto.Signer{
		"RSA 2048": rsaKey(t, 2048), "RSA 4096": rsaKey(t, 4096),
		"P-256": ecdsaKey(t, elliptic.P256()), "P-384": ecdsaKey(t, elliptic.P384()), "P-521": ecdsaKey(t, elliptic.P521()),
		"Ed25519": ed25519Key(t),
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			alone, second := pairOf(t, key, "a.test"), pairFor(t, "b.test")
			for _, pairs := range [][]*Pair{{alone}, {second, alone}} {
				var s Store
				s.Replace(pairs...)
				if got, err := served(t, &s, &tls.Config{MaxVersion: version}); err != nil || !got.Equal(alone.TLS.Leaf) {
					t.Errorf("%s over %s beside %d others: %v", name, tls.VersionName(version), len(pairs)-1, err)
				}
			}
		}
	}
}

// served returns the certificate that a client which asks for a.test gets.
func served(t *testing.T, s *Store, client *tls.Config) (*x509.Certificate, error) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: s.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go echo(listener)
	client.InsecureSkipVerify, client.ServerName = true, "a.test"
	conn, err := tls.Dial("tcp", listener.Addr().String(), client)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

func TestEmptyStore(t *testing.T) {
	var s Store
	if _, err := s.GetCertificate(&modern); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("got %v, want %v", err, ErrNoCertificate)
	}
	s.Replace()
	if _, err := s.GetCertificate(&modern); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("after Replace without pairs: got %v, want %v", err, ErrNoCertificate)
	}
}

// New handshakes use a replaced certificate; open connections continue.
func TestStoreReplaceWhileServing(t *testing.T) {
	var s Store
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: s.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go echo(listener)
	dial := func() *tls.Conn {
		// The certificates are self-made; the test checks which one is sent.
		conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: "a.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	name := func(conn *tls.Conn) string { return conn.ConnectionState().PeerCertificates[0].Subject.CommonName }

	s.Replace(pairFor(t, "old"))
	before := dial()
	defer before.Close()
	s.Replace(pairFor(t, "fallback"), pairFor(t, "new", "*.example.com"))
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

// echo sends back what each connection sends, one byte at a time, until the
// listener is closed.
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
