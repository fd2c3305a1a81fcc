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

// Bounds on what unauthenticated clients may cost the API's port, whatever their number.
// Together they take a fraction of one core and of the memory, so that the data plane is
// not affected. A connection on which a signed call was accepted, or a request of a
// console session, is not subject to them any more.
const (
	// anonymousRequests is the number of their requests that may begin in a second. A
	// request takes 0.1 to 0.3 ms of CPU time. The others wait in the order of their
	// arrival. The numbers of connections and of bytes that wait bound the time: 5 s with
	// 512 connections.
	anonymousRequests = 500
	anonymousBurst    = 200

	// anonymousTurn is the size of query and body, in bytes, that counts as one request:
	// 8 KiB take 0.1 ms to be read and parsed.
	anonymousTurn = 8 << 10

	// anonymousHandshakes is the number of TLS handshakes that may begin in a second. A
	// handshake takes 0.5 to 1 ms of CPU time.
	anonymousHandshakes     = 200
	anonymousHandshakeBurst = 100

	// anonymousMemory bounds the bytes of requests that are not answered yet, as sent; in
	// memory they take up to three times that. With a -memory-limit, a sixty-fourth of
	// that limit applies if it is less.
	anonymousMemory = 16 << 20

	// adminConnections and adminMemory bound the port of -admin. Its clients are a
	// scraper, a health check and an operator.
	adminConnections = 64
	adminMemory      = 1 << 20

	// adminScrapes is the number of scrapes that are answered at once. Each may take
	// scrapeTime, which is longer than the timeout of any scraper.
	adminScrapes = 4
	scrapeTime   = time.Minute
)

// clientLimits applies the bounds to the clients of the API's port.
type clientLimits struct {
	*connlimit.Listener
	requests   *connlimit.Pace
	handshakes *connlimit.Pace
	breaks     overload.Breaks
	rest       func() // breaks.Make; tests replace it
}

func newClientLimits(c Config, l net.Listener) *clientLimits {
	memory := int64(anonymousMemory)
	if c.MemoryLimit > 0 {
		memory = min(memory, max(c.MemoryLimit/64, 1<<20))
	}
	g := &clientLimits{
		requests:   connlimit.NewPace(anonymousRequests, anonymousBurst),
		handshakes: connlimit.NewPace(anonymousHandshakes, anonymousHandshakeBurst),
	}
	g.rest = g.breaks.Make
	g.Listener = connlimit.New(l, connlimit.Limits{Conns: c.MaxAPIConns, Pending: memory, Break: func() { g.rest() }})
	return g
}

// Close closes the listener. On connections that are still open, a break is from now on a
// yield of the processor, and does not wait for a look at the network (overload.Breaks).
func (g *clientLimits) Close() error {
	g.breaks.Close()
	return g.Listener.Close()
}

// collect exports the counters of connections.
func (g *clientLimits) collect(r *prometheus.Registry) {
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

// pace makes requests of unauthenticated clients wait for their turn.
func (g *clientLimits) pace(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok && !connlimit.Trusted(c) {
			if !g.requests.Wait(r.Context(), c, turnsOf(r)) {
				return // the client has disconnected
			}
			g.rest()
		}
		h.ServeHTTP(w, r)
	})
}

// turnsOf returns the number of requests that r counts as. A body without a length counts
// as the most that is read of it.
func turnsOf(r *http.Request) int {
	body := r.ContentLength
	if body < 0 || body > maxBrought {
		body = maxBrought
	}
	return 1 + (len(r.RequestURI)+int(body))/anonymousTurn
}

// tls returns the configuration of handshakes. A handshake waits for its turn, and makes
// a break (overload.Breaks) before the key exchange, after it and before the signature.
func (g *clientLimits) tls(pair *keyPair) *tls.Config {
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

// shake implements tls.Config.GetConfigForClient.
func (g *clientLimits) shake(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if !g.handshakes.Wait(hello.Context(), hello.Conn, 1) {
		return nil, net.ErrClosed
	}
	g.rest()
	return nil, nil
}

// A restedSigner makes a break (overload.Breaks) before it signs.
type restedSigner struct {
	crypto.Signer
	rest func()
}

func (s restedSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.rest()
	return s.Signer.Sign(random, digest, opts)
}

// trust records that the client of a request is authenticated.
func trust(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(net.Conn); ok {
		connlimit.Trust(c)
	}
}
