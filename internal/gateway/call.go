package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// A call is one request on its way through the stages. Each stage sets the fields
// that name it below; later stages may rely on them.
type call struct {
	g      *Gateway
	id     string // RequestId
	start  time.Time
	source netip.Addr // of the connection; header fields that claim another are ignored
	secure bool       // came over TLS
	via    string     // "": a signed call over the wire

	req        *rpc.Request   // parse; never nil after it
	op         *api.Operation // lookUp
	handler    Handler        // lookUp
	credential Credential     // authenticate; its identity is only valid if known
	known      bool           // authenticate: the signature was valid
}

func (g *Gateway) newCall(r *http.Request) *call {
	c := &call{
		g:      g,
		id:     strings.ToUpper(uuid.NewString()),
		start:  g.now(),
		secure: r.TLS != nil,
		req:    &rpc.Request{Host: r.Host},
	}
	if addr, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.source = addr.Addr().Unmap().WithZone("")
	}
	return c
}

// run takes the call through the stages. Their order matters: throttling needs
// the identity; it precedes authorization, so that refused calls are throttled as
// well; binding follows authorization, so that an unauthorized client learns
// nothing about parameters.
func (c *call) run(r *http.Request) (out any, err error) {
	defer c.recovered(&err)
	if err := c.parse(r); err != nil {
		return nil, err
	}
	if err := c.lookUp(); err != nil {
		return nil, err
	}
	// A client that disconnects does not stop its call: store and audit log would
	// then disagree about what was done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), callTimeout)
	defer cancel()
	if err := c.authenticate(ctx); err != nil {
		return nil, err
	}
	return c.perform(ctx)
}

// perform does everything after authentication, which a call from the console has
// passed already.
func (c *call) perform(ctx context.Context) (out any, err error) {
	if err := c.g.throttle.admit(c.op, c.credential.Identity, c.start); err != nil {
		return nil, err
	}
	if err := c.authorize(); err != nil {
		return nil, err
	}
	in := c.op.New()
	if err := api.Bind(in, c.req.Params); err != nil {
		return nil, err
	}
	return c.handler(api.WithOrigin(ctx, api.Origin{Source: c.source, Secure: c.secure}), c.credential.Identity, in)
}

func (c *call) parse(r *http.Request) error {
	req, err := rpc.Parse(r)
	c.req = req
	return err
}

// lookUp finds the operation named by Action and Version.
func (c *call) lookUp() error {
	op, ok := api.Lookup(c.req.Version, c.req.Action)
	if ok {
		c.op, c.handler = op, c.g.handlers[op.Action()]
	}
	switch {
	case !c.g.versions[c.req.Version]:
		return api.ErrVersion.New()
	case c.handler == nil:
		return rpc.NotFound()
	}
	return nil
}

// errPanic is the error of a call that panicked.
var errPanic = errors.New("panic")

// recovered keeps a panic in one call from ending the process. How much of the
// call was done is unknown, so it does not get the error that says that nothing
// was changed.
func (c *call) recovered(err *error) {
	if p := recover(); p != nil {
		c.g.log.Error("call panicked", "request_id", c.id, "action", c.req.Action, "err", p, "stack", string(debug.Stack()))
		*err = errPanic
	}
}
