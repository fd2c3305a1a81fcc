package store

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"elbow/internal/elb"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Desired is the complete desired state at one revision. It is shared: neither it
// nor its slices and its map may be modified.
type Desired struct {
	Revision      int64 // of the last change included
	LoadBalancers []elb.LoadBalancer
	Listeners     []elb.Listener             // by load balancer, then port
	Certificates  map[string]elb.Certificate // by decimal id
	SessionKeys   []elb.SessionKey           // oldest first; empty before the first rotation

	// ListenerRevisions has the revision of each listener's last change. A status
	// that carries it says which change is in force.
	ListenerRevisions map[elb.ListenerKey]int64
}

// A Mirror is a copy of the desired state that follows the store. While the store
// is unavailable it does not change.
type Mirror struct {
	store *Store

	// Owned by the goroutine of follow, after Store.Mirror has returned.
	revision      int64
	loadBalancers copies[elb.LoadBalancer]
	listeners     copies[elb.Listener]
	certificates  copies[elb.Certificate]
	sessionKeys   copies[[]elb.SessionKey] // one document

	current atomic.Pointer[Desired]
	changed chan struct{}
	done    chan struct{} // closed when follow has ended
}

// Mirror lists the desired state and follows it until ctx ends.
func (s *Store) Mirror(ctx context.Context) (*Mirror, error) {
	m := s.mirror()
	if err := m.list(ctx); err != nil {
		return nil, err
	}
	go m.follow(ctx) // ends with ctx; Wait waits
	return m, nil
}

// mirror returns an empty Mirror.
func (s *Store) mirror() *Mirror {
	return &Mirror{
		store:         s,
		loadBalancers: newCopies(loadBalancers),
		listeners:     newCopies(listeners),
		certificates:  newCopies(certificates),
		sessionKeys:   newCopies(sessionKeys),
		changed:       make(chan struct{}, 1),
		done:          make(chan struct{}),
	}
}

// Desired is the state as of the last change seen.
func (m *Mirror) Desired() Desired { return *m.current.Load() }

// Changed receives when Desired has changed. Changes in quick succession may be
// merged.
func (m *Mirror) Changed() <-chan struct{} { return m.changed }

// Await returns when Desired has all changes up to a revision, which must be one
// that changed what a Mirror has. No other goroutine may receive from Changed
// meanwhile.
func (m *Mirror) Await(ctx context.Context, revision int64) error {
	for m.Desired().Revision < revision {
		select {
		case <-m.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Wait returns after the context given to Store.Mirror has ended and nothing
// runs for this mirror any more.
func (m *Mirror) Wait() { <-m.done }

// list reads everything; what has not changed since an earlier list is not
// decoded again.
func (m *Mirror) list(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := m.store.client.Get(ctx, desiredPrefix, clientv3.WithPrefix())
	if err != nil {
		return unavailable(err)
	}
	there := make(map[string]bool, len(resp.Kvs))
	for _, kv := range resp.Kvs {
		there[string(kv.Key)] = true
		m.put(kv)
	}
	m.loadBalancers.keep(there)
	m.listeners.keep(there)
	m.certificates.keep(there)
	m.sessionKeys.keep(there)
	m.revision = resp.Header.GetRevision()
	m.publish()
	return nil
}

// follow watches from the revision that was listed. When the watch breaks, for
// instance because that revision was compacted, it lists again.
func (m *Mirror) follow(ctx context.Context) {
	defer close(m.done)
	pause := retryFirst
	listed := true // false after a failed list, which is logged once
	for ctx.Err() == nil {
		watch, stop := context.WithCancel(ctx)
		changes := m.store.client.Watch(watch, desiredPrefix, clientv3.WithPrefix(), clientv3.WithRev(m.revision+1))
		for going := true; going; {
			select {
			case resp, open := <-changes:
				if going = open && resp.Err() == nil; going {
					pause = retryFirst
					m.apply(resp)
				}
			case <-ctx.Done(): // seldom the client does not close the channel then
				going = false
			}
		}
		stop()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, retryLast)
		err := m.list(ctx)
		if err != nil && listed && ctx.Err() == nil {
			slog.Warn("desired state not listed, the last one stays", "rev", m.revision, "err", err)
		}
		listed = err == nil
	}
}

// apply applies the events of one or more complete revisions.
func (m *Mirror) apply(resp clientv3.WatchResponse) {
	for _, event := range resp.Events {
		if event.Type == clientv3.EventTypeDelete {
			m.delete(string(event.Kv.Key))
		} else {
			m.put(event.Kv)
		}
		m.revision = event.Kv.ModRevision
	}
	if len(resp.Events) > 0 {
		m.publish()
	}
}

func (m *Mirror) put(kv *mvccpb.KeyValue) {
	var err error
	switch key := string(kv.Key); {
	case strings.HasPrefix(key, loadBalancerPrefix):
		err = m.loadBalancers.put(m.store.sealer, kv)
	case strings.HasPrefix(key, listenerPrefix):
		err = m.listeners.put(m.store.sealer, kv)
	case strings.HasPrefix(key, certificatePrefix):
		err = m.certificates.put(m.store.sealer, kv)
	case key == sessionKeysKey:
		err = m.sessionKeys.put(m.store.sealer, kv)
	}
	if err != nil {
		slog.Error("stored document not readable", "rev", kv.ModRevision, "err", err)
	}
}

func (m *Mirror) delete(key string) {
	m.loadBalancers.delete(key)
	m.listeners.delete(key)
	m.certificates.delete(key)
	m.sessionKeys.delete(key)
}

// publish replaces the current state. Unchanged parts are shared with the
// previous one.
func (m *Mirror) publish() {
	next := Desired{Revision: m.revision}
	if last := m.current.Load(); last != nil {
		next = *last
		next.Revision = m.revision
	}
	if m.loadBalancers.changed {
		next.LoadBalancers = m.loadBalancers.sorted()
	}
	if m.listeners.changed {
		next.Listeners = m.listeners.sorted()
		next.ListenerRevisions = m.listenerRevisions()
	}
	if m.certificates.changed || next.Certificates == nil {
		next.Certificates = make(map[string]elb.Certificate, len(m.certificates.byKey))
		for _, c := range m.certificates.byKey {
			next.Certificates[strconv.FormatInt(c.v.ID, 10)] = c.v
		}
		m.certificates.changed = false
	}
	if m.sessionKeys.changed {
		next.SessionKeys = slices.Concat(m.sessionKeys.sorted()...)
	}
	m.current.Store(&next)
	select {
	case m.changed <- struct{}{}:
	default: // already signalled
	}
}

func (m *Mirror) listenerRevisions() map[elb.ListenerKey]int64 {
	revisions := make(map[elb.ListenerKey]int64, len(m.listeners.byKey))
	for _, l := range m.listeners.byKey {
		revisions[l.v.Key()] = l.revision
	}
	return revisions
}

// copies are the decoded documents of one kind.
type copies[T any] struct {
	kind    kind[T]
	byKey   map[string]decoded[T]
	changed bool // since the last call of sorted
}

type decoded[T any] struct {
	revision int64 // of the document
	v        T
}

func newCopies[T any](k kind[T]) copies[T] {
	return copies[T]{kind: k, byKey: make(map[string]decoded[T])}
}

// put decodes a document, unless this revision of it is there. One that cannot be
// decoded changes nothing: the previous configuration is better than none.
func (c *copies[T]) put(s *sealer, kv *mvccpb.KeyValue) error {
	key := string(kv.Key)
	if old, ok := c.byKey[key]; ok && old.revision == kv.ModRevision {
		return nil
	}
	v, err := decode(s, c.kind, key, kv.Value)
	if err != nil {
		return err
	}
	c.byKey[key] = decoded[T]{revision: kv.ModRevision, v: v}
	c.changed = true
	return nil
}

func (c *copies[T]) delete(key string) {
	if _, ok := c.byKey[key]; ok {
		delete(c.byKey, key)
		c.changed = true
	}
}

// keep deletes the documents that are not in there.
func (c *copies[T]) keep(there map[string]bool) {
	for key := range c.byKey {
		if !there[key] {
			c.delete(key)
		}
	}
}

// sorted lists the documents in the order of their keys.
func (c *copies[T]) sorted() []T {
	c.changed = false
	all := make([]T, 0, len(c.byKey))
	for _, key := range slices.Sorted(maps.Keys(c.byKey)) {
		all = append(all, c.byKey[key].v)
	}
	return all
}
