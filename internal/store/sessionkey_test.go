package store_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/store"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Nodes that rotate concurrently, period after period, end up with the same keys,
// and none of the keys can be read in a copy of the store.
func TestRotateSessionKeys(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	other, err := store.New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	m := mirror(t, s)
	if keys := m.Desired().SessionKeys; len(keys) != 0 {
		t.Fatalf("there are keys at the start: %v", keys)
	}
	now := time.Date(2026, 3, 27, 1, 0, 0, 0, time.UTC)
	for periods := 1; periods <= 20; periods++ {
		var both sync.WaitGroup
		for _, node := range []*store.Store{s, other} {
			both.Go(func() {
				if err := node.RotateSessionKeys(t.Context(), now); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		want := min(periods+1, 16) // 14 periods of a ticket's lifetime, the current one and the next
		d := await(t, m, func(d store.Desired) bool {
			return len(d.SessionKeys) == want && now.Before(periodOf(d.SessionKeys[want-1]))
		})
		again := mirror(t, other).Desired()
		for i, k := range d.SessionKeys {
			if len(k.Secret) != 32 || !k.Equal(again.SessionKeys[i]) {
				t.Fatalf("two nodes have different keys, or one without a secret")
			}
		}
		stored, err := member.Client().Get(t.Context(), "/elbow/", clientv3.WithPrefix())
		if err != nil {
			t.Fatal(err)
		}
		for _, kv := range stored.Kvs {
			if bytes.Contains(kv.Value, d.SessionKeys[0].Secret) {
				t.Fatalf("a secret can be read under %s", kv.Key)
			}
		}
		now = now.Add(elb.SessionPeriod)
	}
}

// periodOf is the begin of a key's period.
func periodOf(k elb.SessionKey) time.Time {
	return time.Unix(k.Period*int64(elb.SessionPeriod/time.Second), 0)
}

// The keys exist soon after the start, and do not change after a restart.
func TestKeepSessionKeys(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	var first []elb.SessionKey
	for range 2 {
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.KeepSessionKeys(ctx)
		}()
		d := await(t, mirror(t, s), func(d store.Desired) bool { return len(d.SessionKeys) >= 2 })
		stop()
		<-done
		if first == nil {
			first = d.SessionKeys
		} else if !first[1].Equal(d.SessionKeys[1]) {
			t.Error("the keys were replaced")
		}
	}
}
