package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/exchange"
	"elbow/internal/proxy"
)

// patience bounds all waits of a test; only a failing test reaches it.
const patience = 20 * time.Second

// certificate is shared by all listeners, because creating one takes as long as a case.
var certificate = sync.OnceValues(func() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "a.test"},
		DNSNames:     []string{"a.test"},
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

// A rig is a listener for one case.
type rig struct {
	proxy    *proxy.Proxy
	backends []*exchange.Backend
	listener *proxy.Listener
}

// newRig starts a listener in front of one backend, for all versions of HTTP.
func newRig(t *testing.T, address string, sticky func(*balance.Group) balance.Sticky) *rig {
	t.Helper()
	return newSite(t, nil, sticky, address)
}

// newSite starts a listener in front of the backends at these addresses, with an access
// log if log is not nil.
func newSite(t *testing.T, log io.Writer, sticky func(*balance.Group) balance.Sticky, addresses ...string) *rig {
	t.Helper()
	return newSiteIn(t, exchange.Auto, log, sticky, addresses...)
}

// newSiteIn is newSite for backends that speak the given protocol.
func newSiteIn(t *testing.T, protocol exchange.Protocol, log io.Writer, sticky func(*balance.Group) balance.Sticky, addresses ...string) *rig {
	t.Helper()
	cert, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{proxy: proxy.New(proxy.Options{HTTP3: true, AccessLog: log, Log: slog.New(slog.DiscardHandler)})}
	group := new(balance.Group)
	for i, a := range addresses {
		b := r.proxy.NewBackend("lb-test", 443, string(rune('a'+i)), a)
		b.Member.SetHealth(balance.Healthy)
		r.backends = append(r.backends, b)
		group.Members = append(group.Members, b.Member)
		group.Weights = append(group.Weights, 100)
	}
	scheduler, err := balance.New("rr", group, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	cfg := &proxy.Config{
		Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
		Config: exchange.Config{
			LoadBalancer:   "lb-test",
			Port:           443,
			Backends:       r.backends,
			Scheduler:      scheduler,
			RequestTimeout: answerTimeout,
			Protocol:       protocol,
		},
	}
	if sticky != nil {
		cfg.Sticky = sticky(group)
	}
	r.listen(t, cfg)
	return r
}

// listen opens a port that is free for TCP and UDP.
func (r *rig) listen(t *testing.T, cfg *proxy.Config) {
	t.Helper()
	for {
		var err error
		if r.listener, err = r.proxy.Listen(netip.MustParseAddrPort("127.0.0.1:0"), cfg); err != nil {
			t.Fatal(err)
		}
		if r.listener.HTTP3() == nil {
			return
		}
		if err := r.listener.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// answerTimeout bounds the time in which the backend of a case answers. The only slow
// backends here are those that never complete an answer.
const answerTimeout = 2 * time.Second

// close ends all connections of clients and backends.
func (r *rig) close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.listener.Drain(ctx) // cut: clients are done
	for _, b := range r.backends {
		b.Retire()
	}
	r.proxy.Close()
}

// dial opens a connection for HTTP/1.1 to the listener.
func (r *rig) dial(t *testing.T) *tls.Conn {
	t.Helper()
	tcp, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Client(tcp, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}
