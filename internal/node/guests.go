package node

import (
	"context"
	"crypto"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/connlimit"
	"elbow/internal/overload"
)

// What clients that have not proved who they are may cost the API's port, whatever
// their number. All of it together is a fraction of one core and of the memory: the
// data plane beside it does not notice. Who has made a signed call, or is signed in
// to the console, is not bounded by it on that connection.
const (
	// guestRequests is how many of their requests are begun in a second. One takes 0.1
	// to 0.3 ms of CPU time. Others wait in the order in which they came, for a second
	// at most: there are no more than connections.
	guestRequests = 500
	guestBurst    = 200

	// guestTurn is how many bytes of query and body count as a request: 8 KiB take
	// 0.1 ms to be read and parsed.
	guestTurn = 8 << 10

	// guestHandshakes is the same for TLS handshakes, of 0.5 to 1 ms.
	guestHandshakes     = 200
	guestHandshakeBurst = 100

	// guestMemory is how much may be held of requests that are not answered, as sent;
	// in memory they take up to three times that. Under a -memory-limit it is a
	// sixty-fourth of it.
	guestMemory = 16 << 20

	// adminConnections and adminMemory bound what the port of -admin holds. Those who
	// ask there are a scraper, a health check and an operator.
	adminConnections = 64
	adminMemory      = 1 << 20

	// adminScrapes is how many scrapes are answered at once, each for scrapeTime at
	// most: beyond the timeout of any scraper.
	adminScrapes = 4
	scrapeTime   = time.Minute
)

// guests are the clients of the API's port.
type guests struct {
	*connlimit.Listener
	requests   *connlimit.Pace
	handshakes *connlimit.Pace
	breaks     overload.Breaks
	rest       func() // makes one of breaks
}

func newGuests(c Config, l net.Listener) *guests {
	memory := int64(guestMemory)
	if c.MemoryLimit > 0 {
		memory = min(memory, max(int64(c.MemoryLimit)/64, 1<<20))
	}
	g := &guests{
		requests:   connlimit.NewPace(guestRequests, guestBurst),
		handshakes: connlimit.NewPace(guestHandshakes, guestHandshakeBurst),
	}
	g.rest = g.breaks.Make
	g.Listener = connlimit.New(l, connlimit.Limits{Conns: c.MaxAPIConns, Pending: memory, Break: func() { g.rest() }})
	return g
}

// Close closes the listener. Breaks for connections that are still open are yields.
func (g *guests) Close() error {
	g.breaks.Close()
	return g.Listener.Close()
}

// collect has the connections be told in metrics.
func (g *guests) collect(r *prometheus.Registry) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "elbow_api_connections", Help: "Open connections of the API and the console.",
		}, func() float64 { return float64(g.Open()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "elbow_api_connections_closed_total",
			Help: "Connections of the API and the console that were closed to make room: beyond -max-api-connections, or unfinished requests took too much memory.",
		}, func() float64 { return float64(g.Closed()) }),
	)
}

// pace has requests of strangers wait for their turn.
func (g *guests) pace(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok && !connlimit.Trusted(c) {
			if !g.requests.Wait(r.Context(), c, turnsOf(r)) {
				return // the client is gone
			}
			g.rest()
		}
		h.ServeHTTP(w, r)
	})
}

// turnsOf is as how many requests one counts. Of a body without a length all that is
// read counts.
func turnsOf(r *http.Request) int {
	body := r.ContentLength
	if body < 0 || body > maxBrought {
		body = maxBrought
	}
	return 1 + (len(r.RequestURI)+int(body))/guestTurn
}

// tls is how handshakes are made: they wait for their turn, and have breaks before the
// key exchange, behind it and before the signature.
func (g *guests) tls(pair *keyPair) *tls.Config {
	return &tls.Config{
		GetConfigForClient: g.shake,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			g.rest()
			own := *pair.current.Load()
			if key, ok := own.PrivateKey.(crypto.Signer); ok {
				own.PrivateKey = restedSigner{key, g.rest}
			}
			return &own, nil
		},
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}
}

// shake is for tls.Config.GetConfigForClient.
func (g *guests) shake(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if !g.handshakes.Wait(hello.Context(), hello.Conn, 1) {
		return nil, net.ErrClosed
	}
	g.rest()
	return nil, nil
}

// A restedSigner signs after a break.
type restedSigner struct {
	crypto.Signer
	rest func()
}

func (s restedSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.rest()
	return s.Signer.Sign(random, digest, opts)
}

// trust notes that the client of a request has proved who it is.
func trust(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(net.Conn); ok {
		connlimit.Trust(c)
	}
}
