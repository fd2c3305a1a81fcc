package control

import (
	"context"
	"fmt"
	"strings"
	"time"

	"elbow/internal/api"
	"elbow/internal/lockout"
	"elbow/internal/store"
)

// nobodysHash is what the password of an unknown user is compared with, so that
// the time of an answer does not tell which users there are. No password is known to
// have it.
var nobodysHash = fmt.Sprintf("%s%02d$%s", bcryptPrefix, passwordCost, strings.Repeat(".", bcryptBytes-len("$2a$10$")))

// HurryPasswords has passwords hashed with shorter breaks from now on, or with the
// usual ones again. It is for when somebody waits for the calls under way to end.
func (s *Service) HurryPasswords(hurry bool) {
	s.guesses.hurries.Store(hurry)
	s.changes.hurries.Store(hurry)
}

// SignIn finds the user of a name and a password. An unknown name takes as long
// as a wrong password.
func (s *Service) SignIn(ctx context.Context, userName, password string) (l store.Login, ok bool, err error) {
	l, found, err := s.store.Login(ctx, userName)
	if err != nil {
		return l, false, err
	}
	hash := l.Profile.PasswordHash
	if !found {
		hash = nobodysHash
	}
	ok, err = s.guesses.matches(ctx, hash, password)
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
	ok, err := s.changes.matches(ctx, l.Profile.PasswordHash, password)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", api.ErrWrongPassword.New()
	}
	s.lockout.Succeeded(id, source)
	return l.Profile.PasswordHash, nil
}
