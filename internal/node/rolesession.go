package node

import (
	"context"
	"time"

	"elbow/internal/gateway"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// sessions returns a function that looks up role sessions for the gateway by their
// security tokens.
func sessions(s *store.Store) func(context.Context, string, string) (gateway.Credential, error) {
	return func(ctx context.Context, accessKeyID, token string) (c gateway.Credential, err error) {
		session, err := s.OpenSession(token)
		switch {
		case err != nil:
			return c, gateway.ErrTokenMalformed
		case session.AccessKeyID != accessKeyID:
			return c, gateway.ErrTokenMismatch
		case !time.Now().Before(session.Expires):
			return c, gateway.ErrTokenExpired
		}
		found, there, err := s.RoleCredential(ctx, session)
		switch {
		case err != nil:
			return c, err
		case !there: // the role was deleted, and its sessions with it
			return c, gateway.ErrSessionGone
		}
		return sessionCredential(session, found)
	}
}

// sessionCredential converts a role session to a credential of the gateway.
func sessionCredential(session store.RoleSession, found store.RoleCredential) (c gateway.Credential, err error) {
	c = gateway.Credential{
		Identity: ram.Identity{
			AccountID: found.Account.ID, AccessKeyID: session.AccessKeyID, UserID: found.Role.ID,
			RoleName: found.Role.Name, SessionName: session.Name,
		},
		Secret: session.Secret,
		Active: true,
	}
	if c.Policies, err = parsed(found.Policies); err == nil && session.Policy != "" {
		c.Session, err = ram.Parse(session.Policy)
	}
	return c, err
}
