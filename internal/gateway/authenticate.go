package gateway

import (
	"cmp"
	"context"
	"fmt"

	"elbow/internal/api"
)

// authenticate finds out who signed the call. The clock is asked first, because
// it is cheapest, and the nonce last: only a call that is valid otherwise may
// use one up.
func (c *call) authenticate(ctx context.Context) error {
	if err := cmp.Or(c.req.CheckTime(c.start), c.g.nonces.CheckTime(c.req.Time)); err != nil {
		return err
	}
	if len(c.req.AccessKeyID) > maxAccessKey {
		return api.ErrAccessKeyNotFound.New()
	}
	credential, ok, err := c.g.keys(ctx, c.req.AccessKeyID)
	switch {
	case err != nil:
		return fmt.Errorf("look up access key: %w", err)
	case !ok:
		return api.ErrAccessKeyNotFound.New()
	}
	if err := c.req.Verify(credential.Secret); err != nil {
		return err
	}
	// Only now, so that a stranger does not learn which keys are off.
	if !credential.Active {
		return api.ErrAccessKeyInactive.New()
	}
	if err := c.g.nonces.Use(c.req.AccessKeyID, c.req.Nonce, c.start); err != nil {
		return err
	}
	c.credential, c.known = credential, true
	c.g.known(ctx)
	return nil
}
