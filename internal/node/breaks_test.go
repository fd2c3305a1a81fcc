package node

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/connlimit"
	"elbow/internal/leak"
)

// A handshake on the API's port yields the processor at least three times, whatever the
// type of the key and the TLS version.
func TestHandshakesHaveBreaks(t *testing.T) {
	leak.Check(t)
	for name, key := range signers(t) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				defer ours.Close()
				var breaks atomic.Int64
				g := newClientLimits(DefaultConfig(), nil)
				g.rest = func() { breaks.Add(1) }
				served := make(chan error, 1)
				go func() { // ends with the handshake
					served <- tls.Server(ours, g.tls(pairOf(t, key))).Handshake()
				}()
				c := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
				go func() { // ends with the pipe; a server that has finished its handshake may send more
					_ = c.Handshake() // the server says what is wrong
					_, _ = c.Read(make([]byte, 1))
				}()
				if err := <-served; err != nil {
					t.Fatal(err)
				}
				if n := breaks.Load(); n < 3 {
					t.Errorf("%d breaks, want 3", n)
				}
			})
		}
	}
}

// The server makes a break before it serves a request of an unauthenticated client, and
// none for an authenticated one.
func TestBreaksOfUnauthenticatedRequests(t *testing.T) {
	leak.Check(t)
	ours, theirs := net.Pipe()
	defer theirs.Close()
	g := newClientLimits(DefaultConfig(), &oneConn{conn: ours})
	breaks := 0
	g.rest = func() { breaks++ }
	conn, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	breaks = 0
	h := g.pace(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ask := func() {
		r := httptest.NewRequest("GET", "/", nil)
		h.ServeHTTP(nil, r.WithContext(withConn(t.Context(), conn)))
	}
	ask()
	if breaks != 1 {
		t.Errorf("%d breaks for an unauthenticated client, want 1", breaks)
	}
	connlimit.Trust(conn)
	ask()
	if breaks != 1 {
		t.Errorf("%d breaks for a trusted client, want none", breaks-1)
	}
}

func signers(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ECDSA": ec, "RSA": old, "Ed25519": ed}
}

func pairOf(t *testing.T, key crypto.Signer) *keyPair {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"elbow.test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	p := new(keyPair)
	p.current.Store(&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	return p
}
