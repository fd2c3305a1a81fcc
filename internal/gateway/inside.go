package gateway

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"elbow/internal/rpc"
)

// A Caller is an identity that was authenticated otherwise than by a signature: a
// user signed in to the console.
type Caller struct {
	Credential Credential // its secret is not used
	Source     netip.Addr // of the connection
	Secure     bool       // came over TLS
	Host       string     // the authority that the client addressed
}

// An Answer is the result of an internal call.
type Answer struct {
	RequestID string
	Out       any        // what the operation answered; nil if it failed
	Err       *rpc.Error // nil if it succeeded
}

// Call makes a call from inside the process. It enters after authentication and
// passes every later stage: it is throttled, authorized, counted and audited like
// a signed one.
func (g *Gateway) Call(ctx context.Context, who Caller, version, action string, params map[string]string) Answer {
	c := &call{
		g: g, id: strings.ToUpper(uuid.NewString()), start: g.now(),
		source: who.Source, secure: who.Secure, via: "console",
		req: &rpc.Request{
			Method: http.MethodPost, Host: who.Host, Action: action, Version: version, Params: params,
			AccessKeyID: who.Credential.Identity.AccessKeyID,
		},
		credential: who.Credential,
	}
	out, err := c.within(ctx)
	if err != nil {
		e := c.failure(err)
		c.note(e.Status, e.Code)
		return Answer{RequestID: c.id, Err: e}
	}
	c.note(http.StatusOK, "")
	return Answer{RequestID: c.id, Out: out}
}

// within takes the call through the remaining stages.
func (c *call) within(ctx context.Context) (out any, err error) {
	defer c.recovered(&err)
	if err := c.lookUp(); err != nil {
		return nil, err
	}
	c.known = true // the audit line needs the operation for its parameters
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	return c.perform(ctx)
}
