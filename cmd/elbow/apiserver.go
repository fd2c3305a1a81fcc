package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"

	"elbow/internal/gateway"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// serveAPI serves the API, over TLS if there is a certificate.
func (n *node) serveAPI(c config, calls *gateway.Gateway) error {
	l, err := net.Listen("tcp", c.api)
	if err != nil {
		return fmt.Errorf("-api: %w", err)
	}
	n.apiURL = "http://" + l.Addr().String()
	if c.apiCert != "" {
		pair := &keyPair{certFile: c.apiCert, keyFile: c.apiKey}
		if err := pair.read(); err != nil {
			_ = l.Close() // nobody has connected
			return err
		}
		n.reloads = append(n.reloads, pair.read)
		l = tls.NewListener(l, &tls.Config{
			GetCertificate: pair.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
		n.apiURL = "https://" + l.Addr().String()
	}
	n.serveHTTP(calls.Server(), l)
	return nil
}

// A keyPair is the API's own certificate, read from files.
type keyPair struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

func (p *keyPair) read() error {
	pair, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		return fmt.Errorf("-api-cert: %w", err)
	}
	p.current.Store(&pair)
	return nil
}

func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current.Load(), nil }

// keys looks up access keys for the gateway, which knows no store.
func keys(s *store.Store) func(context.Context, string) (gateway.Credential, bool, error) {
	return func(ctx context.Context, id string) (gateway.Credential, bool, error) {
		found, ok, err := s.Credential(ctx, id)
		if err != nil || !ok {
			return gateway.Credential{}, false, err
		}
		c := gateway.Credential{
			Identity: ram.Identity{
				AccountID: found.Account.ID, AccessKeyID: id, UserID: found.User.ID, UserName: found.User.Name,
			},
			Secret: found.Key.Secret,
			Active: found.Key.Active,
		}
		if c.Identity.Root() {
			c.Identity.UserID = found.Account.ID
		}
		for _, p := range found.Policies {
			parsed, err := ram.Parse(p.Document)
			if err != nil {
				return gateway.Credential{}, false, fmt.Errorf("stored policy %s: %w", p.Name, err)
			}
			c.Policies = append(c.Policies, parsed)
		}
		return c, true, nil
	}
}
