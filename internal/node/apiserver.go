package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"elbow/internal/connlimit"
	"elbow/internal/console"
	"elbow/internal/gateway"
	"elbow/internal/logs"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// serveAPI serves the API, over TLS if there is a certificate, behind the door, and
// the console beside it if there is to be one.
func (n *Node) serveAPI(c Config, own ports) {
	l, pair := own.api, own.pair
	if pair != nil {
		n.reloads = append(n.reloads, pair.read)
	}
	n.api = l.(*net.TCPListener)
	n.own.add(l.Addr())
	n.loop.Look() // a backend may be on a port that was given just now
	n.APIURL = "http://" + l.Addr().String()
	port := &gateway.Port{Listener: n.guests, Plain: c.APIPlain, Log: logs.Sparing(n.log)}
	if pair != nil {
		port.TLS = &tls.Config{
			GetConfigForClient: n.guests.shake, GetCertificate: pair.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		}
		n.APIURL = "https://" + n.api.Addr().String()
	}
	if c.hasConsole() {
		n.consoleURL = n.APIURL + console.Path
	}
	n.apiServer = n.control.Load().calls.Server()
	n.apiServer.Handler, n.apiServer.ConnContext = n.guests.pace(n.door), withConn
	n.apiServer.ConnState = func(c net.Conn, state http.ConnState) {
		n.apiConns.note(c, state)
		connlimit.State(c, state)
	}
	port.Serves(n.apiServer, func(status int) {
		if control := n.control.Load(); control != nil {
			control.calls.Refused(status)
		}
	})
	n.apiServer.RegisterOnShutdown(func() {
		if control := n.control.Load(); control != nil {
			control.endStreams()
		}
	})
	n.serveHTTP(n.apiServer, port)
	n.atEnd(n.hearNobody)
	n.ends = append(n.ends, func(ctx context.Context) {
		if n.yielded.Load() {
			n.apiConns.wait(ctx)
		}
	})
}

// An openConns counts the connections of a server. To shut a server down is to
// close those that wait for their next request, on which one may be on its way;
// a process that has been replaced waits instead.
type openConns struct{ open sync.WaitGroup }

func (o *openConns) note(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		o.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		o.open.Done()
	}
}

// wait returns when there are none, or when ctx ends.
func (o *openConns) wait(ctx context.Context) {
	none := make(chan struct{})
	go func() { // ends with the connections, which are cut after ctx has ended
		o.open.Wait()
		close(none)
	}()
	select {
	case <-none:
	case <-ctx.Done():
	}
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
