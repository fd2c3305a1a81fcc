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

// A RoleSession is what the holder of a security token may do, and until when. It is
// stored nowhere but in the token, sealed: sessions take no room, and every process
// that has the seal key knows them.
type RoleSession struct {
	AccessKeyID string
	Secret      string
	RoleName    string
	RoleID      string // a role of the same name that was made later is another one
	Name        string
	Policy      string // the session policy; "": none
	Expires     time.Time
}

// ErrNoToken is the error for a text that is no security token of this store.
var ErrNoToken = errors.New("not a security token of this store")

// tokenDocument is what a token is sealed as, apart from the documents of the store.
const tokenDocument = "security token"

// newTokenSealer derives the key of security tokens, so that however many there are
// takes nothing from what the seal key may seal.
func newTokenSealer(key []byte) (*sealer, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, "elbow "+tokenDocument, len(key))
	if err != nil {
		return nil, err
	}
	return newSealer(derived)
}

// SealSession makes the security token of a session.
func (s *Store) SealSession(session RoleSession) (token string, err error) {
	text, err := json.Marshal(session)
	if err != nil {
		return "", err
	}
	return s.tokenSealer.seal(tokenDocument, string(text))
}

// OpenSession reads a security token, whether or not it has expired.
func (s *Store) OpenSession(token string) (session RoleSession, err error) {
	text, err := s.tokenSealer.open(tokenDocument, token)
	if err != nil || json.Unmarshal([]byte(text), &session) != nil {
		return session, ErrNoToken
	}
	return session, nil
}

// A RoleCredential is all that is needed to authorize a call of a session.
type RoleCredential struct {
	Account  elb.Account
	Role     elb.Role
	Policies []elb.Policy // attached to the role, Custom and System
}

// RoleCredential reads what belongs to the role of a session, all at one revision. It is
// not found if the role is gone.
func (s *Store) RoleCredential(ctx context.Context, session RoleSession) (c RoleCredential, found bool, err error) {
	err = s.View(ctx, func(r *Reader) error {
		c.Role, found = r.Role(session.RoleName)
		if found = found && c.Role.ID == session.RoleID; !found {
			return nil
		}
		c.Account, _ = r.Account()
		c.Policies = r.policiesOfAll([]elb.Holder{{RoleName: session.RoleName}})
		return nil
	})
	return c, found, err
}
