package store

import (
	"context"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Result is the result of a call with a ClientToken, so that the same call sent
// again is not done twice.
type Result struct {
	Params string // of the call, in a form that can be compared
	ID     string // of the resource it created
}

var results = kind[Result]{name: "result"}

// Result reads the result of an operation's call with a token. It is found for at
// least TokenLife.
func (r *Reader) Result(operation, token string) (Result, bool) {
	return read(r, results, under(tokenPrefix, operation, token))
}

// PutResult writes the result of a call with a token.
func (tx *Tx) PutResult(operation, token string, v Result) {
	lease, err := tx.store.tokens.lease(tx.ctx, tx.store.client)
	if err != nil && tx.err == nil {
		tx.err = unavailable(err)
	}
	put(tx, results, under(tokenPrefix, operation, token), v, clientv3.WithLease(lease))
}

// A tokenLease is the lease with which results expire. A lease of twice TokenLife
// is used for the results of its first half, so there are few leases and many
// results.
type tokenLease struct {
	mu      sync.Mutex
	id      clientv3.LeaseID // guarded by mu; 0: none
	expires time.Time        // guarded by mu; when id is no longer used for results
}

// lease holds the mutex while etcd grants a lease: all waiters need it too, and
// it is once an hour.
func (t *tokenLease) lease(ctx context.Context, client *clientv3.Client) (clientv3.LeaseID, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.id != 0 && time.Now().Before(t.expires) {
		return t.id, nil
	}
	resp, err := client.Grant(ctx, int64(2*TokenLife/time.Second))
	if err != nil {
		return 0, err
	}
	t.id, t.expires = resp.ID, time.Now().Add(TokenLife)
	return t.id, nil
}

// forget drops a lease that etcd does not know, so that the next one is granted.
func (t *tokenLease) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.id = 0
}
