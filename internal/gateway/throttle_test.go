package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

func throttleCode(err error) string {
	if e, ok := errors.AsType[*rpc.Error](err); ok {
		return e.Code
	}
	return ""
}

var (
	limited = &api.Operation{Product: "Ens", Name: "Limited", Rate: api.Rate{Account: 100, User: 10}}
	root    = ram.Identity{AccountID: "1", UserID: "1"}
	alice   = ram.Identity{AccountID: "1", UserID: "2", UserName: "alice"}
	bob     = ram.Identity{AccountID: "1", UserID: "3", UserName: "bob"}
)

// A user may make 10 calls at once, then one each tenth of a second.
func TestThrottleUser(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle()
		for n := range 10 {
			if err := throttle.admit(limited, alice, time.Now()); err != nil {
				t.Fatalf("call %d: %v", n+1, err)
			}
		}
		err := throttle.admit(limited, alice, time.Now())
		if e, ok := errors.AsType[*rpc.Error](err); !ok || e.Status != 400 || e.Code != "Throttling.User" || e.RetryAfter != 100*time.Millisecond {
			t.Fatalf("11th call: got %#v, want Throttling.User after 100ms", err)
		}
		time.Sleep(100 * time.Millisecond) // of the test's own clock
		if err := throttle.admit(limited, alice, time.Now()); err != nil {
			t.Errorf("after the time to wait: %v", err)
		}
		if err := throttle.admit(limited, alice, time.Now()); throttleCode(err) != "Throttling.User" {
			t.Errorf("a second call after the time to wait: got %v", err)
		}
		if err := throttle.admit(limited, bob, time.Now()); err != nil {
			t.Errorf("another user: %v", err)
		}
		other := *limited
		other.Name = "Other"
		if err := throttle.admit(&other, alice, time.Now()); err != nil {
			t.Errorf("another operation: %v", err)
		}
	})
}

// All identities of an account share one bucket, and root has no other.
func TestThrottleAccount(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle()
		for n := range 10 {
			if err := throttle.admit(limited, alice, time.Now()); err != nil {
				t.Fatalf("alice's call %d: %v", n+1, err)
			}
		}
		// Refusing alice costs the account nothing.
		for range 50 {
			if err := throttle.admit(limited, alice, time.Now()); throttleCode(err) != "Throttling.User" {
				t.Fatalf("alice beyond her limit: got %v", err)
			}
		}
		for n := range 90 {
			if err := throttle.admit(limited, root, time.Now()); err != nil {
				t.Fatalf("root's call %d: %v", n+1, err)
			}
		}
		for n, who := range []ram.Identity{root, bob} {
			err := throttle.admit(limited, who, time.Now())
			want := time.Duration(n+1) * 10 * time.Millisecond // each a different time
			if e, ok := errors.AsType[*rpc.Error](err); !ok || e.Code != "Throttling.Api" || e.RetryAfter != want {
				t.Errorf("%q on an empty bucket: got %v, want Throttling.Api after %v", who.UserName, err, want)
			}
		}
		// Nor does a refusal by the account's limit cost the user anything.
		time.Sleep(time.Second)
		for n := range 10 {
			if err := throttle.admit(limited, bob, time.Now()); err != nil {
				t.Fatalf("bob's call %d: %v", n+1, err)
			}
		}
	})
}

// Clients that wait as told get through, however many they are: each is given a
// different time.
func TestThrottledCallsHaveTurns(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		who     ram.Identity
		clients int
		tries   int // maximum for each
	}{{alice, 30, 2}, {alice, 100, 2}, {root, 1000, 2}, {alice, 300, 12}} {
		synctest.Test(t, func(t *testing.T) {
			throttle := newThrottle()
			var wg sync.WaitGroup
			var most atomic.Int32
			for range tt.clients {
				wg.Go(func() {
					for n := int32(1); ; n++ {
						err := throttle.admit(limited, tt.who, time.Now())
						if err == nil {
							if old := most.Load(); n > old {
								most.CompareAndSwap(old, n)
							}
							return
						}
						e, ok := errors.AsType[*rpc.Error](err)
						if !ok || e.RetryAfter <= 0 || e.RetryAfter > maxTurn {
							t.Errorf("got %v, after %v", err, e.RetryAfter)
							return
						}
						time.Sleep(e.RetryAfter) // of the test's own clock
					}
				})
			}
			wg.Wait()
			if n := most.Load(); n > int32(tt.tries) {
				t.Errorf("%d clients needed up to %d tries, want at most %d", tt.clients, n, tt.tries)
			}
		})
	}
}

// The times given to refused calls differ, and a client that calls without
// waiting does not move them beyond maxTurn.
func TestTurnsAreBounded(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle()
		seen := make(map[time.Duration]bool)
		for n := range 10_000 {
			err := throttle.admit(limited, alice, time.Now())
			if n < 10 {
				continue
			}
			e, _ := errors.AsType[*rpc.Error](err)
			if e == nil || e.RetryAfter <= 0 || e.RetryAfter > maxTurn {
				t.Fatalf("call %d: %v", n+1, err)
			}
			if n < 110 && seen[e.RetryAfter] {
				t.Fatalf("call %d is told the turn of another, %v", n+1, e.RetryAfter)
			}
			seen[e.RetryAfter] = true
		}
		time.Sleep(maxTurn) // of the test's own clock
		throttle.removeFull(time.Now())
		if n := len(throttle.buckets); n != 0 {
			t.Errorf("%d buckets are kept", n)
		}
	})
}

func TestThrottleUnlimited(t *testing.T) {
	leak.Check(t)
	throttle := newThrottle()
	free := &api.Operation{Product: "Ens", Name: "Free"}
	now := time.Now()
	for range 1000 {
		if err := throttle.admit(free, alice, now); err != nil {
			t.Fatal(err)
		}
	}
	if len(throttle.buckets) != 0 {
		t.Errorf("%d buckets kept for an operation without limits", len(throttle.buckets))
	}
}

// Only the buckets of the last second are kept, whoever called before.
func TestThrottleMemory(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle()
		for n := range 100 * minBuckets {
			who := ram.Identity{AccountID: "1", UserID: strconv.Itoa(n), UserName: "u"}
			if err := throttle.admit(&api.Operation{Product: "Ens", Name: fmt.Sprint(n / 10), Rate: limited.Rate}, who, time.Now()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		if n := len(throttle.buckets); n > 2*minBuckets {
			t.Errorf("%d buckets after %d users, want at most %d", n, 100*minBuckets, 2*minBuckets)
		}
	})
}

// The header says how long to wait, in the fields that the command line and the
// SDKs read.
func TestThrottledAnswer(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"ens:DescribeLoadBalancers": answers(nil, nil)},
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	s.freeze()
	for _, tt := range []struct {
		key, code, field string
		calls            int
	}{
		{"user", "Throttling.User", "X-Ratelimit-User", 10},
		{"root", "Throttling.Api", "X-Ratelimit-User-Api", 90},
	} {
		var header http.Header
		client := s.client(tt.key)
		client.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err == nil {
				header = resp.Header
			}
			return resp, err
		})}
		for n := range tt.calls {
			if _, err := client.Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil); err != nil {
				t.Fatalf("%s, call %d: %v", tt.key, n+1, err)
			}
		}
		_, err := client.Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil)
		e := refused(t, err, 400, tt.code)
		ms := header.Get("X-Acs-Retry-After")
		if wait, err := strconv.Atoi(ms); err != nil || wait < 1 || wait > 100 || e.RetryAfter != time.Duration(wait)*time.Millisecond {
			t.Errorf("%s: x-acs-retry-after is %q, client read %v", tt.key, ms, e.RetryAfter)
		}
		// Read as seconds or as milliseconds, it is a short time.
		if got := header.Get(tt.field); got != "Remaining:0,TimeLeft:1" {
			t.Errorf("%s: %s is %q", tt.key, tt.field, got)
		}
	}
}
