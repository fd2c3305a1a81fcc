package rpc

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// Nonces remembers the nonces of accepted calls, per access key, for twice the
// clock window: after that the call with a nonce is too old to be repeated.
//
// Its memory is bounded, and at the bound it refuses rather than forgets: a
// forgotten nonce would allow a replay, a refused call can be made again. Only
// calls with a valid signature get here, so only the owner of a key's secret can
// fill the memory of that key.
//
// Keep makes them survive a restart, in a file. In a takeover they are handed
// over to the successor. They are not shared between nodes: a call seen on the
// wire could be repeated once at another node. Over TLS calls cannot be seen on
// the wire.
type Nonces struct {
	perKey, total int // bounds, in nonces

	mu    sync.Mutex
	seen  map[nonceID]struct{} // guarded by mu, like all fields below
	count map[string]int       // access key → number of its nonces in seen
	queue []nonceEntry         // those in seen, oldest first
	since time.Time            // calls signed before this may be repetitions

	file *nonceFile // set by Keep, before the first Use; nil: none
}

// A nonceID identifies an access key and a nonce. 128 bits of SHA-256 are enough
// that nobody finds two calls with the same one.
type nonceID [16]byte

type nonceEntry struct {
	id          nonceID
	accessKeyID string
	forget      time.Time
}

// NewNonces returns an empty memory.
func NewNonces() *Nonces {
	return &Nonces{
		perKey: maxNonces, total: maxNoncesTotal,
		seen: make(map[nonceID]struct{}), count: make(map[string]int),
	}
}

// Use records that the nonce was used now. It returns SignatureNonceUsed if that
// is not the first time, and Throttling.User at the limit.
func (n *Nonces) Use(accessKeyID, nonce string, now time.Time) error {
	used, err := n.note(accessKeyID, nonce, now)
	if err == nil && n.file != nil {
		n.file.add(used, now)
	}
	return err
}

// note is Use without the file.
func (n *Nonces) note(accessKeyID, nonce string, now time.Time) (UsedNonce, error) {
	sum := sha256.Sum256([]byte(accessKeyID + "\x00" + nonce))
	id := nonceID(sum[:16])

	n.mu.Lock()
	defer n.mu.Unlock()
	n.expire(now)
	if _, used := n.seen[id]; used {
		return UsedNonce{}, badRequest("SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	if n.count[accessKeyID] >= n.perKey || len(n.seen) >= n.total {
		e := badRequest("Throttling.User", "Request was denied due to user flow control.").
			because("The nonces of %v have no more room: too many calls were signed.", nonceLife)
		e.RetryAfter = n.queue[0].forget.Sub(now)
		return UsedNonce{}, e
	}
	n.seen[id] = struct{}{}
	n.count[accessKeyID]++
	e := nonceEntry{id, accessKeyID, now.Add(nonceLife)}
	n.queue = append(n.queue, e)
	return UsedNonce{id[:], e.accessKeyID, e.forget}, nil
}

// expire forgets the nonces that are old enough. A clock that is set back delays
// it.
func (n *Nonces) expire(now time.Time) {
	for len(n.queue) > 0 && now.After(n.queue[0].forget) {
		old := n.queue[0]
		n.queue = n.queue[1:]
		delete(n.seen, old.id)
		if n.count[old.accessKeyID]--; n.count[old.accessKeyID] == 0 {
			delete(n.count, old.accessKeyID)
		}
	}
}

// A UsedNonce is a remembered nonce, for another process.
type UsedNonce struct {
	ID          []byte // nonceID of access key and nonce
	AccessKeyID string
	Forget      time.Time
}

// Used lists the remembered nonces, oldest first.
func (n *Nonces) Used() []UsedNonce {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := make([]UsedNonce, len(n.queue))
	for i := range n.queue {
		e := &n.queue[i]
		all[i] = UsedNonce{e.id[:], e.accessKeyID, e.forget}
	}
	return all
}

// Remember adds the nonces that another process has listed, before the first Use.
func (n *Nonces) Remember(all []UsedNonce) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, u := range all {
		var id nonceID
		copy(id[:], u.ID)
		if _, there := n.seen[id]; there {
			continue
		}
		n.seen[id] = struct{}{}
		n.count[u.AccessKeyID]++
		n.queue = append(n.queue, nonceEntry{id, u.AccessKeyID, u.Forget})
	}
	slices.SortStableFunc(n.queue, func(a, b nonceEntry) int { return a.forget.Compare(b.forget) })
}
