// Package store keeps the resources in etcd: typed documents under one key
// schema, read from one revision and changed in one transaction. It is the only
// package that knows the etcd client; it decides nothing about what a resource
// may be. Start reading at Store.Update, then keys.go, then Mirror.
package store

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// ErrUnavailable is in the error of every call that etcd did not answer, or
// answered with a refusal: it is gone, too slow, or full. A write that ends with
// it was not made, unless the time ran out while etcd was making it.
var ErrUnavailable = errors.New("store unavailable")

// ErrSealKey says that the secrets in the store were sealed with another key.
var ErrSealKey = errors.New("the seal key is not the one that the secrets in this store were sealed with")

// A Store reads and writes resources.
type Store struct {
	client *clientv3.Client
	sealer *sealer

	tokenSealer *sealer // of security tokens

	turn     chan struct{} // holds one token; see Update
	tokens   tokenLease
	reporter *reporter
}

// New opens the store behind client, which remains the caller's to close. The
// seal key is 32 bytes; one that does not fit what is stored is refused.
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

// Close takes back what this process reported and ends what runs in the
// background.
func (s *Store) Close() { s.reporter.close() }

// A sealCheck is a document whose secret is known, so that a wrong key is
// noticed at the start and not by the first listener that wants its certificate.
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
