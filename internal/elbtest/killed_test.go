package elbtest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// After kill -9 of either process at any step of a takeover, the other one serves traffic
// and the API, and can be taken over. Until the newer process has taken over, its end does
// not cost a single request.
func TestTakeoverKilled(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	for _, line := range []string{"takeover asked for", "taking over", "listener open"} {
		for _, victim := range []string{"newer", "older"} {
			before := n.log.mark()
			next := n.Successor()
			if err := next.start(); err != nil {
				t.Fatal(err)
			}
			next.endWith(t)
			awaitLine(t, func() string { return n.log.from(before) + next.Log() }, line)
			left := next
			if victim == "newer" {
				next.Kill()
				left = n
				// The newer process may have gone beyond that line before it was killed.
				awaitLine(t, func() string { return n.log.from(before) }, outcomes...)
				if strings.Contains(n.log.from(before), outcomes[0]) {
					left = n.TakeOver(t) // both have ended: this is a start
				}
			} else {
				n.Kill()
				if err := next.awaitReady(); err != nil {
					t.Fatalf("the older one was killed at %q: %v", line, err)
				}
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

// outcomes are the lines with which an older process logs the end of a takeover; after the
// first it drains.
var outcomes = []string{"taken over, draining", "takeover came to nothing", "takeover refused"}

// awaitLine waits until a text has one of the lines.
func awaitLine(t *testing.T, text func() string, lines ...string) {
	t.Helper()
	Eventually(t, func() error {
		now := text()
		for _, line := range lines {
			if strings.Contains(now, line) {
				return nil
			}
		}
		return fmt.Errorf("nobody has logged any of %q", lines)
	})
}
