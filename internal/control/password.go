package control

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/crypto/bcrypt"

	"elbow/internal/api"
	"elbow/internal/store"
)

// hashing lets one password be hashed at a time: guessing must not take the
// cores away from traffic.
var hashing sync.Mutex

func hashPassword(password string) (string, error) {
	hashing.Lock()
	defer hashing.Unlock()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), passwordCost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return string(hash), nil
}

// nobodysHash is what the password of an unknown user is compared with, so that
// the time of an answer does not tell which users there are. No password has it.
var nobodysHash = sync.OnceValues(func() (string, error) { return hashPassword("no such user") })

// samePassword reports whether the password has the hash.
func samePassword(hash, password string) (bool, error) {
	hashing.Lock()
	defer hashing.Unlock()
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
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
		if hash, err = nobodysHash(); err != nil {
			return l, false, err
		}
	}
	ok, err = samePassword(hash, password)
	return l, ok && found, err
}

// isPassword is nil if the user has this password.
func (s *Service) isPassword(ctx context.Context, userName, password string) (hash string, err error) {
	l, found, err := s.store.Login(ctx, userName)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", api.ErrLoginProfileNotExist.New()
	}
	ok, err := samePassword(l.Profile.PasswordHash, password)
	if err == nil && !ok {
		err = api.ErrWrongPassword.New()
	}
	return l.Profile.PasswordHash, err
}
