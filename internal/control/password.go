package control

import (
	"context"
	"fmt"
	"sync"
	"time"

	"elbow/internal/api"
	"elbow/internal/lockout"
	"elbow/internal/store"
)

// nobodysHash is what the password of an unknown user is compared with, so that
// the time of an answer does not tell which users there are. No password has it.
var nobodysHash = sync.OnceValues(func() (string, error) { return bcryptHash("no such user", passwordCost) })

// SignIn finds the user of a name and a password. An unknown name takes as long
// as a wrong password.
func (s *Service) SignIn(ctx context.Context, userName, password string) (l store.Login, ok bool, err error) {
	l, found, err := s.store.Login(ctx, userName)
	if err != nil {
		return l, false, err
	}
	hash := l.Profile.PasswordHash
	if !found {
		if hash, err = nobodysHash(); err != nil {
			return l, false, err
		}
	}
	ok, err = bcryptMatches(hash, password)
	return l, ok && found, err
}

// isPassword is nil if the user has this password. Who has guessed too often where
// the call comes from is refused before it is looked at.
func (s *Service) isPassword(ctx context.Context, userName, password string) (hash string, err error) {
	l, found, err := s.store.Login(ctx, userName)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", api.ErrLoginProfileNotExist.New()
	}
	id, source := lockout.Identity{Name: userName, Password: true}, api.OriginOf(ctx).Source
	if wait := s.lockout.Attempt(id, source); wait > 0 {
		e := api.ErrThrottlingUser.New()
		e.Reason = fmt.Sprintf("The old password was wrong too often: try again in %s.", wait.Round(time.Second))
		return "", e
	}
	ok, err := bcryptMatches(l.Profile.PasswordHash, password)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", api.ErrWrongPassword.New()
	}
	s.lockout.Succeeded(id, source)
	return l.Profile.PasswordHash, nil
}
