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

// nobodysHash is compared with the password of an unknown user, so that the time
// of an answer does not reveal which users exist. No known password matches it.
var nobodysHash = fmt.Sprintf("%s%02d$%s", bcryptPrefix, passwordCost, strings.Repeat(".", bcryptBytes-len("$2a$10$")))

// hurry makes passwords be hashed with shorter breaks, or with the usual ones.
func (s *loginAPI) hurry(hurry bool) {
	s.guesses.hurries.Store(hurry)
	s.changes.hurries.Store(hurry)
}

// signIn implements Service.SignIn.
func (s *loginAPI) signIn(ctx context.Context, userName, password string) (l store.Login, ok bool, err error) {
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

// checkPassword returns the stored hash, or ErrWrongPassword. A caller who has
// guessed too often from this source is refused before the password is compared.
func (s *loginAPI) checkPassword(ctx context.Context, userName, password string) (hash string, err error) {
	l, found, err := s.store.Login(ctx, userName)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", api.ErrLoginProfileNotExist.New()
	}
	id, source := lockout.Identity{Name: userName, Password: true}, api.OriginOf(ctx).Source
	if wait := s.lockout.Attempt(id, source); wait > 0 {
		return "", api.ErrThrottlingUser.New().Because(fmt.Sprintf("The old password was wrong too often: try again in %s.", wait.Round(time.Second)))
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
