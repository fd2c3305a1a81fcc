package store

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"elbow/internal/elb"
)

// A RoleSession has the permissions of a security token's bearer and their expiry. It
// is stored only in the token, encrypted: sessions take no space, and every
// process with the seal key can decode them.
type RoleSession struct {
	AccessKeyID string
	Secret      string
	RoleName    string
	RoleID      string // distinguishes the role from a later one of the same name
	Name        string
	Policy      string // the session policy; "": none
	Expires     time.Time
}

// ErrNoToken is the error for a text that is no security token of this store.
var ErrNoToken = errors.New("not a security token of this store")

// tokenDocument takes the place of the document key in the encryption of tokens,
// and separates them from the documents of the store.
const tokenDocument = "security token"

// newTokenSealer derives the key of security tokens, so that their number does
// not count against the limit of secrets under the seal key.
func newTokenSealer(key []byte) (*sealer, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, "elbow "+tokenDocument, len(key))
	if err != nil {
		return nil, err
	}
	return newSealer(derived)
}

// SealSession returns the security token of a session.
func (s *Store) SealSession(session RoleSession) (token string, err error) {
	text, err := json.Marshal(session)
	if err != nil {
		return "", err
	}
	return s.tokenSealer.seal(tokenDocument, string(text))
}

// OpenSession decodes a security token, whether or not it has expired.
func (s *Store) OpenSession(token string) (session RoleSession, err error) {
	text, err := s.tokenSealer.open(tokenDocument, token)
	if err != nil || json.Unmarshal([]byte(text), &session) != nil {
		return session, ErrNoToken
	}
	return session, nil
}

// A RoleCredential is everything needed to authorize a call of a session.
type RoleCredential struct {
	Account  elb.Account
	Role     elb.Role
	Policies []elb.Policy // attached to the role, Custom and System
}

// RoleCredential reads everything that belongs to the role of a session, at one
// revision. It is not found if the role is gone.
func (s *Store) RoleCredential(ctx context.Context, session RoleSession) (c RoleCredential, found bool, err error) {
	err = s.View(ctx, func(r *Reader) error {
		c.Role, found = Roles.Get(r, session.RoleName)
		if found = found && c.Role.ID == session.RoleID; !found {
			return nil
		}
		c.Account, _ = r.Account()
		c.Policies = r.policiesOfAll([]elb.Holder{{RoleName: session.RoleName}})
		return nil
	})
	return c, found, err
}
