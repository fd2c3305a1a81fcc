package proxy

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

func withoutHTTP3(o *Options, _ *Config) { o.HTTP3 = false }

// An idChooser is a source of random bytes with which a test chooses the id of a QUIC
// client's first packet. quic-go has no option for that, but it reads one byte, for the
// length, and then the id, and reads a single byte nowhere else.
type idChooser struct {
	random io.Reader

	mu   sync.Mutex
	next []byte // guarded by mu; nil: random
	told bool   // guarded by mu; the length was read
}

var chooser = &idChooser{random: crand.Reader}

// The id of a client's first packet has 8 to 20 bytes (RFC 9000, 7.2).
const minFirstID, maxFirstID = 8, 20

func (c *idChooser) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.next != nil && !c.told && len(p) == 1:
		p[0], c.told = byte(len(c.next)-minFirstID), true
		return 1, nil
	case c.told && len(p) == len(c.next):
		n := copy(p, c.next)
		c.next, c.told = nil, false
		return n, nil
	}
	return c.random.Read(p)
}

func (c *idChooser) choose(id []byte) {
	c.mu.Lock()
	c.next = id
	c.mu.Unlock()
}

// An h3Client is one QUIC connection to the listener of a rig, with HTTP/3 of quic-go.
type h3Client struct {
	t    testing.TB
	quic *quic.Conn
	*http3.ClientConn
}

// h3TLS returns the TLS configuration of clients.
func h3TLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test", NextProtos: []string{"h3"}}
}

// dialH3 connects, with id in its first packet unless it is nil.
func (r *rig) dialH3(id []byte) *h3Client {
	r.t.Helper()
	c := r.dialQUIC(id, r.udpAddr())
	return &h3Client{r.t, c, new(http3.Transport).NewClientConn(c)}
}

func (r *rig) udpAddr() *net.UDPAddr { return net.UDPAddrFromAddrPort(r.lis.Addr()) }

// dialQUIC opens a QUIC connection to the address to.
func (r *rig) dialQUIC(id []byte, to net.Addr) *quic.Conn {
	r.t.Helper()
	tr := &quic.Transport{Conn: listenUDP(r.t)}
	r.t.Cleanup(func() { _ = tr.Close() })
	if id != nil {
		chooser.choose(id)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	c, err := tr.Dial(ctx, to, h3TLS(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.CloseWithError(0x100, "") })
	return c
}

func listenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	return listenUDPAt(t, net.IPv4(127, 0, 0, 1))
}

func listenUDPAt(t testing.TB, ip net.IP) *net.UDPConn {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close() })
	return udp
}

// get requests path and returns the body of the answer.
func (c *h3Client) get(path string) string {
	c.t.Helper()
	resp, body := c.do(c.request("GET", path, nil))
	if resp.StatusCode != 200 {
		c.t.Fatalf("%s: got %d %q", path, resp.StatusCode, body)
	}
	return body
}

func (c *h3Client) request(method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, "https://elbow.test"+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return req
}

func (c *h3Client) do(req *http.Request) (*http.Response, string) {
	c.t.Helper()
	resp, err := c.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("read body: %v", err)
	}
	return resp, string(body)
}

// A natBox forwards UDP packets between one client and a listener, as a NAT router does.
type natBox struct {
	inside  *net.UDPConn
	retries atomic.Int32 // Retry packets for the client

	mu      sync.Mutex
	to      *net.UDPAddr // guarded by mu
	outside *net.UDPConn // guarded by mu
	client  net.Addr     // guarded by mu
	holding bool         // guarded by mu
	held    [][]byte     // guarded by mu; packets to the client
	copies  bool         // guarded by mu; sent is recorded
	sent    [][]byte     // guarded by mu; packets of the client
	longest int          // guarded by mu; in bytes; longer packets of the client are dropped
}

func newNATBox(t testing.TB, to net.Addr) *natBox {
	b := &natBox{inside: listenUDP(t), to: to.(*net.UDPAddr), longest: 1 << 16}
	b.rebind(t)
	go b.outward() // ends when the cleanup closes inside
	return b
}

// moveTo forwards the client's packets to another address from now on.
func (b *natBox) moveTo(to *net.UDPAddr) {
	b.mu.Lock()
	b.to = to
	b.mu.Unlock()
}

// loseLonger drops the client's packets of more than n bytes from now on.
func (b *natBox) loseLonger(n int) {
	b.mu.Lock()
	b.longest = n
	b.mu.Unlock()
}

// rebind changes the client's source port, as routers do after a silence.
func (b *natBox) rebind(t testing.TB) { b.rebindTo(t, net.IPv4(127, 0, 0, 1)) }

// rebindTo changes the client's source address, as a change of networks does.
func (b *natBox) rebindTo(t testing.TB, ip net.IP) {
	udp := listenUDPAt(t, ip)
	b.mu.Lock()
	b.outside = udp
	b.mu.Unlock()
	go b.inward(udp) // ends when the cleanup closes udp
}

func (b *natBox) outward() {
	p := make([]byte, 2048)
	for {
		n, from, err := b.inside.ReadFrom(p)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.client = from
		udp, to := b.outside, b.to
		lost := n > b.longest
		if b.copies && !lost {
			b.sent = append(b.sent, bytes.Clone(p[:n]))
		}
		b.mu.Unlock()
		if !lost {
			_, _ = udp.WriteTo(p[:n], to)
		}
	}
}

func (b *natBox) inward(udp *net.UDPConn) {
	p := make([]byte, 2048)
	for {
		n, _, err := udp.ReadFrom(p)
		if err != nil {
			return
		}
		if p[0]&0xf0 == 0xf0 { // RFC 9000, 17.2.5
			b.retries.Add(1)
		}
		b.mu.Lock()
		if b.holding {
			b.held = append(b.held, bytes.Clone(p[:n]))
		} else {
			_, _ = b.inside.WriteTo(p[:n], b.client)
		}
		b.mu.Unlock()
	}
}

// copy records the client's packets from now on, for replay.
func (b *natBox) copy() {
	b.mu.Lock()
	b.copies = true
	b.mu.Unlock()
}

// replay sends the recorded packets again, from another address.
func (b *natBox) replay(t testing.TB) {
	t.Helper()
	udp := listenUDP(t)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.sent {
		if _, err := udp.WriteTo(p, b.to); err != nil {
			t.Fatal(err)
		}
	}
}

// holdBack delays packets to the client until letGo.
func (b *natBox) holdBack() {
	b.mu.Lock()
	b.holding = true
	b.mu.Unlock()
}

func (b *natBox) letGo() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.held {
		_, _ = b.inside.WriteTo(p, b.client)
	}
	b.holding, b.held = false, nil
}

// port returns the client's source port.
func (b *natBox) port() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.outside.LocalAddr().(*net.UDPAddr).Port
}

// waitFor polls a condition that has no event.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not happen", what)
		}
	}
}
