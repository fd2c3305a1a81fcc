package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"elbow/internal/api"
)

// authenticate finds the signer of the call. The clock is checked first, because
// it is cheapest, and the nonce last: only a call that is valid otherwise may use
// one up.
func (c *call) authenticate(ctx context.Context) error {
	if err := cmp.Or(c.req.CheckTime(c.start), c.g.nonces.CheckTime(c.req.Time)); err != nil {
		return err
	}
	if len(c.req.AccessKeyID) > maxAccessKey {
		return api.ErrAccessKeyNotFound.New()
	}
	credential, err := c.lookUpKey(ctx)
	if err != nil {
		return err
	}
	if err := c.req.Verify(credential.Secret); err != nil {
		return err
	}
	// Only now, so that an unauthenticated client does not learn which keys are
	// disabled.
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

// lookUpKey looks up the access key: a stored one, which has no token, or that of
// a session, by its token.
func (c *call) lookUpKey(ctx context.Context) (Credential, error) {
	temporary := strings.HasPrefix(c.req.AccessKeyID, sessionKeyPrefix)
	switch {
	case c.req.Token != "" && temporary && c.g.sessions != nil:
		return c.lookUpSession(ctx)
	case c.req.Token != "":
		return Credential{}, api.ErrSecurityToken.New()
	}
	credential, ok, err := c.g.keys(ctx, c.req.AccessKeyID)
	switch {
	case err != nil:
		return credential, fmt.Errorf("look up access key: %w", err)
	case !ok && temporary:
		return credential, api.ErrTokenMissing.New()
	case !ok:
		return credential, api.ErrAccessKeyNotFound.New()
	}
	return credential, nil
}

func (c *call) lookUpSession(ctx context.Context) (Credential, error) {
	credential, err := c.g.sessions(ctx, c.req.AccessKeyID, c.req.Token)
	for refusal, id := range sessionErrors {
		if errors.Is(err, refusal) {
			return Credential{}, id.New()
		}
	}
	if err != nil {
		return Credential{}, fmt.Errorf("look up session: %w", err)
	}
	return credential, nil
}

// Why a security token has no session.
var (
	ErrTokenMalformed = errors.New("not a security token")
	ErrTokenMismatch  = errors.New("the security token of another access key")
	ErrTokenExpired   = errors.New("the session is over")
	ErrSessionGone    = errors.New("the role of the session is gone")
)

// sessionErrors are the answers for these.
var sessionErrors = map[error]api.ErrorID{
	ErrTokenMalformed: api.ErrTokenMalformed,
	ErrTokenMismatch:  api.ErrSecurityToken,
	ErrTokenExpired:   api.ErrTokenExpired,
	ErrSessionGone:    api.ErrAccessKeyNotFound,
}

// sessionKeyPrefix is the prefix of the access keys of sessions. An operator may
// have chosen such a name for the account's own key, so a key without a token is
// looked up all the same.
const sessionKeyPrefix = "STS."
