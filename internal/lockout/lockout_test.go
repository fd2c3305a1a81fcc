package lockout

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	here  = netip.MustParseAddr("192.0.2.1")
	there = netip.MustParseAddr("192.0.2.2")
)

func newTest() (l *Lockout, now *time.Time) {
	now = new(time.Time)
	*now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	return New(func() time.Time { return *now }), now
}

// A client that guesses has to wait, longer each time, and a success ends it.
func TestGuessing(t *testing.T) {
	for _, id := range []Identity{{"alice", true}, {"root-key", false}} {
		l, now := newTest()
		for range pairTries {
			if wait := l.Attempt(id, here); wait != 0 {
				t.Fatalf("%v is locked out too early: %s", id, wait)
			}
		}
		for want := firstWait; want <= longestWait; want *= 2 {
			if wait := l.Attempt(id, here); wait != want {
				t.Errorf("%v waits %s, want %s", id, wait, want)
			}
			*now = now.Add(want)
			if wait := l.Attempt(id, here); wait != 0 {
				t.Errorf("%v after the wait: %s", id, wait)
			}
		}
		if wait := l.Attempt(id, here); wait != longestWait {
			t.Errorf("%v waits %s, want %s at most", id, wait, longestWait)
		}
		if wait := l.Attempt(id, there); wait != 0 {
			t.Errorf("%v from elsewhere waits %s", id, wait)
		}
		if wait := l.Attempt(Identity{"bob", id.Password}, here); wait != 0 {
			t.Errorf("somebody else beside %v waits %s", id, wait)
		}
		l.Succeeded(id, here)
		if wait := l.Attempt(id, here); wait != 0 {
			t.Errorf("%v after a success: %s", id, wait)
		}
	}
}

// However many keys are tried from wherever, nobody else is locked out.
func TestKeysOfOthersAreNotLockedOut(t *testing.T) {
	l, _ := newTest()
	for i := range 10 * sourceTries {
		l.Attempt(Identity{Name: fmt.Sprint("key-", i)}, here)
		l.Attempt(Identity{Name: "root-key"}, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if wait := l.Attempt(Identity{Name: "root-key"}, here); wait != 0 {
		t.Errorf("the key waits %s", wait)
	}
}

// Passwords are also counted for each user and for each network, which does not
// delay users who have signed in from there before.
func TestPasswordsAreCountedTogether(t *testing.T) {
	alice, bob := Identity{"alice", true}, Identity{"bob", true}
	l, now := newTest()
	l.Attempt(alice, here)
	l.Succeeded(alice, here)
	for i := range nameTries {
		l.Attempt(alice, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	if wait := l.Attempt(alice, there); wait != firstWait {
		t.Errorf("the user from elsewhere waits %s, want %s", wait, firstWait)
	}
	for i := range sourceTries {
		l.Attempt(Identity{fmt.Sprint("user-", i), true}, here)
	}
	if wait := l.Attempt(bob, here); wait != firstWait {
		t.Errorf("an unknown user of the network waits %s, want %s", wait, firstWait)
	}
	if wait := l.Attempt(alice, here); wait != 0 {
		t.Errorf("a known one waits %s", wait)
	}
	*now = now.Add(firstWait)
	if wait := l.Attempt(bob, here); wait != 0 {
		t.Errorf("after the wait: %s", wait)
	}
	l.Succeeded(bob, here)
	if l.sources[here].failed != sourceTries {
		t.Errorf("a success of one user changed the failures of the network from %d to %d", sourceTries, l.sources[here].failed)
	}
}

// A withdrawn attempt does not count, and a user who has succeeded is familiar in
// that network only.
func TestWithdraw(t *testing.T) {
	l, _ := newTest()
	id := Identity{"alice", true}
	for range 3 * sourceTries {
		if wait := l.Attempt(id, here); wait != 0 {
			t.Fatalf("waits %s", wait)
		}
		l.Withdraw(id, here)
	}
	if l.Familiar(id, here) {
		t.Error("familiar without a success")
	}
	l.Attempt(id, here)
	l.Succeeded(id, here)
	if !l.Familiar(id, here) || l.Familiar(id, there) || l.Familiar(Identity{"bob", true}, here) {
		t.Error("familiar is who has succeeded, where they have")
	}
}

func TestNetworks(t *testing.T) {
	l, _ := newTest()
	id, at := Identity{"alice", true}, netip.MustParseAddr("2001:db8::1")
	for range pairTries {
		l.Attempt(id, at)
		at = at.Next()
	}
	if l.Attempt(id, netip.MustParseAddr("2001:db8::ffff")) == 0 {
		t.Error("a whole /64 is one source")
	}
	if l.Attempt(id, netip.MustParseAddr("2001:db8:0:1::1")) != 0 {
		t.Error("another network is another source")
	}
}

// Failures of an hour ago do not count, and no number of identities and networks
// takes more memory or displaces others.
func TestMemory(t *testing.T) {
	l, now := newTest()
	id := Identity{"alice", true}
	for range pairTries + 1 {
		l.Attempt(id, here)
	}
	at := netip.MustParseAddr("10.0.0.1")
	for i := range maxStruck + 200 {
		other := Identity{fmt.Sprint("name-", i), true}
		l.Attempt(other, at)
		l.Succeeded(other, at)
		l.Attempt(Identity{fmt.Sprint("name-", i), true}, at.Next())
		at = at.Next().Next()
	}
	if len(l.pairs) > maxStruck || len(l.names) > maxStruck || len(l.sources) > maxStruck || len(l.known) > maxStruck {
		t.Errorf("%d pairs, %d names, %d sources, %d known", len(l.pairs), len(l.names), len(l.sources), len(l.known))
	}
	if l.Attempt(id, here) == 0 {
		t.Error("many others made the lock-out forgotten")
	}
	*now = now.Add(forgetAfter)
	if wait := l.Attempt(id, here); wait != 0 {
		t.Errorf("an hour later: %s", wait)
	}
}
