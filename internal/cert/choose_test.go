package cert

import (
	"crypto"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"
)

// pairWhile returns a pair for these names that is valid in the given period,
// relative to the real time, which handshakes use.
func pairWhile(t testing.TB, key crypto.Signer, from, until time.Duration, names ...string) *Pair {
	t.Helper()
	e := issue(t, names[0], entity{}, key, func(c *x509.Certificate) {
		c.DNSNames, c.NotBefore, c.NotAfter = nil, time.Now().Add(from), time.Now().Add(until)
		for _, name := range names {
			if ip := net.ParseIP(name); ip != nil {
				c.IPAddresses = append(c.IPAddresses, ip)
			} else {
				c.DNSNames = append(c.DNSNames, name)
			}
		}
	})
	pair, err := Parse(e.pem(), e.keyPEM(t), time.Now().Add(from))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// at is a connection with a local address.
type at struct {
	net.Conn
	addr net.Addr
}

func (a at) LocalAddr() net.Addr { return a.addr }

// A client that sends no name gets the certificate for the address that it has
// connected to.
func TestStoreChoosesByAddress(t *testing.T) {
	key := ecdsaKey(t, elliptic.P256())
	pair := func(names ...string) *Pair { return pairWhile(t, key, -time.Hour, time.Hour, names...) }
	first, four, six, both := pair("shop.test"), pair("127.21.0.3"), pair("2001:db8::3"), pair("both.test", "127.21.0.4")
	var s Store
	s.Replace(first, four, six, both)
	for _, tt := range []struct {
		name string
		addr net.Addr
		want *Pair
	}{
		{"", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3), Port: 443}, four},
		{"", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3).To4(), Port: 443}, four},
		{"", &net.UDPAddr{IP: net.IPv4(127, 21, 0, 3), Port: 443}, four},
		{"", &net.TCPAddr{IP: net.ParseIP("2001:db8::3"), Port: 443}, six},
		{"", &net.UDPAddr{IP: net.ParseIP("2001:db8::3"), Zone: "eth0"}, six},
		{"", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 4)}, both},
		{"", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 5)}, first},
		{"", &net.UnixAddr{Name: "a"}, first},
		{"", nil, first},
		{"shop.test", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3)}, first},
		{"both.test", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3)}, both},
		{"other.test", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3)}, first},
		{"127.21.0.4", &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3)}, both}, // not allowed by RFC 6066, but clear
	} {
		hello := modern
		hello.ServerName = tt.name
		if tt.addr != nil {
			hello.Conn = at{addr: tt.addr}
		}
		if got, err := s.GetCertificate(&hello); err != nil || got != &tt.want.TLS {
			t.Errorf("name %q at %v: got %s, %v, want %s", tt.name, tt.addr, got.Leaf.Subject, err, tt.want.Facts.CommonName)
		}
	}
}

// Of the certificates for a name the valid ones are preferred; if none is valid,
// the client gets one for the name, which shows what is wrong.
func TestStoreChoosesTheValid(t *testing.T) {
	ec, rsa := ecdsaKey(t, elliptic.P256()), rsaKey(t, 2048)
	pair := func(key crypto.Signer, from, until time.Duration, names ...string) *Pair {
		return pairWhile(t, key, from, until, append(names, "127.21.0.3")...)
	}
	expired, early := pair(ec, -2*time.Hour, -time.Hour, "a.test"), pair(ec, time.Hour, 2*time.Hour, "a.test")
	valid, validRSA := pair(ec, -time.Hour, time.Hour, "a.test"), pair(rsa, -time.Hour, time.Hour, "a.test")
	wild := pair(ec, -time.Hour, time.Hour, "*.test")
	other := pairWhile(t, ec, -time.Hour, time.Hour, "b.example")
	otherExpired := pairWhile(t, ec, -2*time.Hour, -time.Hour, "c.example")
	for i, tt := range []struct {
		name  string
		pairs []*Pair
		want  *Pair
	}{
		{"a.test", []*Pair{expired, valid}, valid},
		{"a.test", []*Pair{early, valid}, valid},
		{"a.test", []*Pair{expired, early, validRSA}, validRSA}, // ECDSA is cheaper, but not valid
		{"a.test", []*Pair{expired, wild}, wild},
		{"a.test", []*Pair{wild, valid}, valid},
		{"a.test", []*Pair{other, expired}, expired},
		{"a.test", []*Pair{expired}, expired},
		{"a.test", []*Pair{expired, early}, expired},
		{"d.test", []*Pair{otherExpired, other}, other},
		{"", []*Pair{expired, valid}, valid},
		{"", []*Pair{otherExpired, other}, other},
	} {
		var s Store
		s.Replace(tt.pairs...)
		hello := modern
		hello.ServerName, hello.Conn = tt.name, at{addr: &net.TCPAddr{IP: net.IPv4(127, 21, 0, 3)}}
		if got, err := s.GetCertificate(&hello); err != nil || got != &tt.want.TLS {
			t.Errorf("row %d: got %s until %s, %v", i+1, got.Leaf.DNSNames, got.Leaf.NotAfter, err)
		}
	}
	var s Store
	s.Replace(expired, validRSA, valid)
	hello := old
	hello.ServerName = "a.test"
	if got, err := s.GetCertificate(&hello); err != nil || got != &validRSA.TLS {
		t.Errorf("a client that knows RSA alone: got %v, %v", got.Leaf.PublicKeyAlgorithm, err)
	}
}

// A real connection has an address to choose by.
func TestStoreChoosesByAddressOverTLS(t *testing.T) {
	key := ecdsaKey(t, elliptic.P256())
	first, addressed := pairWhile(t, key, -time.Hour, time.Hour, "shop.test"), pairWhile(t, key, -time.Hour, time.Hour, "127.0.0.1")
	var s Store
	s.Replace(first, addressed)
	l, err := tls.Listen("tcp", "0.0.0.0:0", &tls.Config{GetCertificate: s.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go echo(l)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]*Pair{"127.0.0.1:": addressed, "127.0.0.2:": first} {
		conn, err := tls.Dial("tcp", addr+port, &tls.Config{InsecureSkipVerify: true}) // an address is not sent as a name
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().PeerCertificates[0]; !got.Equal(want.TLS.Leaf) {
			t.Errorf("at %s: got %s", addr, got.Subject)
		}
		conn.Close()
	}
}
