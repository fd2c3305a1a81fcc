//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// connectWorkers is the number of connections in flight at any time in a round of new
// connections.
const connectWorkers = 32

// maxFull is the share of full handshakes up to which a round of resumed handshakes is
// valid.
const maxFull = 0.01

// clientTLS is the configuration of all TLS clients. It offers X25519 only, because
// OpenSSL 3.0, which nginx and HAProxy use, has no hybrid key exchange, and has no session
// cache, so that every handshake is a full one.
//
// wrk with "Connection: close" is not used for this: it keeps a TLS object for each
// connection and resets it with SSL_clear, which keeps the session, so that some of its
// handshakes are resumed, depending on how the server closes.
var clientTLS = &tls.Config{
	ServerName:         serverName,
	InsecureSkipVerify: true, // the certificate is self-signed
	MinVersion:         tls.VersionTLS13,
	CurvePreferences:   []tls.CurveID{tls.X25519},
	NextProtos:         []string{"http/1.1"},
}

// A connector is one of the clients of a round of new connections. The counts are summed
// after the round.
type connector struct {
	config *tls.Config
	took   []time.Duration
	full   int // handshakes that were full although a ticket was offered
	err    error
}

// connectsLoad makes a new connection for each request. With Resume, each client offers
// the last ticket that it has received (PSK with ECDHE, RFC 8446 2.2; crypto/tls has no
// other mode), and its first connection, which has no ticket, is made before the round.
func connectsLoad(o order) (outcome, error) {
	clients := make([]*connector, connectWorkers)
	for i := range clients {
		clients[i] = &connector{config: clientTLS}
		if o.Resume {
			clients[i].config = clientTLS.Clone()
			clients[i].config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
			if _, err := connectOnce(o.Address, clients[i].config); err != nil {
				return outcome{}, err
			}
		}
	}
	var wg sync.WaitGroup
	start := time.Now()
	for _, c := range clients {
		wg.Go(func() { c.run(o, start.Add(o.Duration)) }) // ends with the round; waited for below
	}
	wg.Wait()
	elapsed := time.Since(start)

	var all []time.Duration
	full := 0
	for _, c := range clients {
		if c.err != nil {
			return outcome{}, c.err
		}
		all = append(all, c.took...)
		full += c.full
	}
	if float64(full) > maxFull*float64(len(all)) {
		return outcome{}, fmt.Errorf("%d of %d handshakes were not resumed", full, len(all))
	}
	slices.Sort(all)
	return outcome{
		Requests: len(all), Elapsed: elapsed, Full: full,
		P99: percentile(all, 0.99),
	}, nil
}

// run makes requests, each on a new connection, until the round ends.
func (c *connector) run(o order, end time.Time) {
	for {
		start := time.Now()
		if start.After(end) {
			return
		}
		resumed, err := connectOnce(o.Address, c.config)
		if err != nil {
			c.err = err
			return
		}
		c.took = append(c.took, time.Since(start))
		if o.Resume && !resumed {
			c.full++
		}
	}
}

// connectOnce makes one request on a new connection.
func connectOnce(address string, config *tls.Config) (resumed bool, err error) {
	const request = "GET /100 HTTP/1.1\r\nHost: " + serverName + "\r\nConnection: close\r\n\r\n"
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		return false, err
	}
	text, err := io.ReadAll(c)
	if err != nil {
		return false, err
	}
	if !bytes.HasPrefix(text, []byte("HTTP/1.1 200 ")) || !bytes.HasSuffix(text, []byte("\r\n\r\n"+smallBody)) {
		return false, fmt.Errorf("answer %q", text)
	}
	return c.ConnectionState().DidResume, nil
}
