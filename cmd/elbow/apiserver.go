package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"

	"elbow/internal/console"
	"elbow/internal/gateway"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// serveAPI serves the API, over TLS if there is a certificate, and the console
// beside it unless pages is nil.
func (n *node) serveAPI(c config, calls *gateway.Gateway, pages *console.Console) error {
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
	server := calls.Server()
	if pages != nil {
		server.Handler = withConsole(calls, pages)
		server.RegisterOnShutdown(pages.EndStreams)
		n.atEnd(pages.Close)
		n.consoleURL = n.apiURL + console.Path
	}
	n.serveHTTP(server, l)
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
		c, err := credential(found)
		return c, err == nil, err
	}
}

// credential is what the store has of an access key as the gateway takes it.
func credential(found store.Credential) (gateway.Credential, error) {
	c := gateway.Credential{
		Identity: ram.Identity{
			AccountID: found.Account.ID, AccessKeyID: found.Key.ID, UserID: found.User.ID, UserName: found.User.Name,
		},
		Secret: found.Key.Secret,
		Active: found.Key.Active,
	}
	if c.Identity.Root() {
		c.Identity.UserID = found.Account.ID
	}
	var err error
	c.Policies, err = parsed(found.Policies)
	return c, err
}
