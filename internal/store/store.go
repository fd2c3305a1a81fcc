// Package store keeps the resources in etcd: typed documents under one key
// schema, read from one revision and changed in one transaction. It is the only
// package that knows the etcd client; it does not validate resources. Start
// reading at Store.Update, then table.go, keys.go and Mirror.
package store

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// ErrUnavailable is wrapped by the error of every call that etcd did not answer,
// or refused: it is unavailable, too slow, or full. A write with this error was
// not made, unless it timed out while etcd was making it.
var ErrUnavailable = errors.New("store unavailable")

// ErrSealKey says that the secrets in the store were encrypted with another key.
var ErrSealKey = errors.New("the seal key is not the one that the secrets in this store were sealed with")

// A Store reads and writes resources.
type Store struct {
	client *clientv3.Client
	sealer *sealer

	tokenSealer *sealer // for security tokens

	turn     chan struct{} // semaphore of capacity 1; see Update
	tokens   tokenLease
	reporter *reporter
}

// New opens the store behind client, which the caller must close. The seal key
// has 32 bytes; a key that does not match the stored secrets is refused.
func New(client *clientv3.Client, key []byte) (*Store, error) {
	sealer, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	tokens, err := newTokenSealer(key)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, sealer: sealer, tokenSealer: tokens, turn: make(chan struct{}, 1)}
	s.reporter = newReporter(s)

	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if err := s.checkSeal(ctx); err != nil {
		return nil, err
	}
	ctx, cancel = context.WithTimeout(context.Background(), reindexTimeout)
	defer cancel()
	if err := s.Reindex(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Close removes what this process reported and ends its background goroutines.
func (s *Store) Close() { s.reporter.close() }

// A sealCheck is a document with a known secret, so that a wrong key is noticed
// at the start and not by the first listener that needs its certificate.
type sealCheck struct{ Secret string }

var sealChecks = kind[sealCheck]{
	name: "seal check",
	secrets: func(c *sealCheck, each func(string) (string, error)) (err error) {
		c.Secret, err = each(c.Secret)
		return err
	},
}

func (s *Store) checkSeal(ctx context.Context) error {
	err := s.Update(ctx, func(tx *Tx) error {
		if _, found := read(&tx.Reader, sealChecks, sealKey); !found {
			put(tx, sealChecks, sealKey, sealCheck{Secret: "elbow"})
		}
		return nil
	})
	if errors.Is(err, errSealed) {
		return ErrSealKey
	}
	return err
}

// unavailable marks an error of the etcd client.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
