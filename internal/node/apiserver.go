package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
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

// An apiPort serves the API, over TLS if a certificate is configured, through the door,
// and the console on the same port if it is enabled.
type apiPort struct {
	listener   *net.TCPListener
	url        string
	consoleURL string // "": off
	pair       *keyPair
	limits     *clientLimits
	server     *http.Server
	conns      openConns
	port       *gateway.Port // the listener that server accepts connections from
}

// newAPIPort builds the port. It serves once server accepts connections from port. control
// is called for each request.
func newAPIPort(c Config, own ports, door *door, control func() *controlPlane, log *slog.Logger) *apiPort {
	a := &apiPort{listener: own.api, pair: own.pair, limits: newClientLimits(c, own.api)}
	a.limits.breaks.Open()
	a.url = "http://" + own.api.Addr().String()
	a.port = &gateway.Port{Listener: a.limits, Plain: c.APIPlain, Log: logs.Sparing(log)}
	if a.pair != nil {
		a.port.TLS = a.limits.tls(a.pair)
		a.url = "https://" + own.api.Addr().String()
	}
	if c.hasConsole() {
		a.consoleURL = a.url + console.Path
	}
	a.server = control().calls.Server()
	a.server.Handler, a.server.ConnContext = a.limits.pace(door), withConn
	a.server.ConnState = func(c net.Conn, state http.ConnState) {
		a.conns.note(state)
		connlimit.State(c, state)
	}
	a.port.Serves(a.server, func(status int) {
		if control := control(); control != nil {
			control.calls.Refused(status)
		}
	})
	a.server.RegisterOnShutdown(func() {
		if control := control(); control != nil {
			control.endStreams()
			control.hurry(true)
		}
	})
	return a
}

// An openConns counts the open connections of a server. http.Server.Shutdown closes idle
// connections, on which the next request may already be in flight; a process that has been
// replaced waits for the clients to close them instead.
type openConns struct{ open sync.WaitGroup }

func (o *openConns) note(state http.ConnState) {
	switch state {
	case http.StateNew:
		o.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		o.open.Done()
	}
}

// wait returns when no connection is open, or when ctx ends.
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

// keys returns a function that looks up access keys for the gateway, which does not import
// the store.
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

// credential converts an access key of the store to a credential of the gateway.
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
