package elbtest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// kill -9 of either process at any step of a takeover leaves one that serves:
// whoever is left has traffic and the API, and can be taken over. Until the newer
// one has taken over, not even a request is lost by its end.
func TestTakeoverKilled(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	for _, line := range []string{"takeover asked for", "taking over", "listener open"} {
		for _, victim := range []string{"newer", "older"} {
			next := n.Successor()
			if err := next.start(); err != nil {
				t.Fatal(err)
			}
			next.endWith(t)
			seen := strings.Count(n.Log(), line)
			Eventually(t, func() error {
				if strings.Count(n.Log(), line) == seen && !next.log.contains(line) {
					return fmt.Errorf("nobody has logged %q", line)
				}
				return nil
			})
			left := next
			if victim == "newer" {
				next.Kill()
				left = n
			} else {
				n.Kill()
				if err := next.awaitReady(); err != nil {
					t.Fatalf("the older one was killed at %q: %v", line, err)
				}
			}
			if left == n && n.log.contains("taken over, draining") {
				left = n.TakeOver(t) // the newer one had taken over: nobody is left, and this is a start
			}
			Eventually(t, func() error {
				a, err := f.TryGet(f.Client(t, ""), "/")
				if err == nil && a.Status != http.StatusOK {
					err = fmt.Errorf("got %d %q", a.Status, a.Body)
				}
				return err
			})
			f.AwaitState(t, "Running")
			n = left
		}
	}
	n.TakeOver(t)
	f.AwaitState(t, "Running")
}
