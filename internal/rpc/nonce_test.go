package rpc

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

func TestNonces(t *testing.T) {
	n := NewNonces()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		after time.Duration
		key   string
		nonce string
		code  string
	}{
		{0, "a", "1", ""},
		{0, "a", "1", "SignatureNonceUsed"},
		{0, "a", "2", ""},
		{0, "b", "1", ""},
		{nonceLife, "a", "1", "SignatureNonceUsed"},
		{nonceLife + 1, "a", "1", ""},
		{nonceLife + 1, "a", "1", "SignatureNonceUsed"},
		{2*nonceLife + 1, "a", "1", "SignatureNonceUsed"},
	} {
		if got := code(n.Use(tt.key, tt.nonce, now.Add(tt.after))); got != tt.code {
			t.Errorf("%s %s after %v: got %q, want %q", tt.key, tt.nonce, tt.after, got, tt.code)
		}
	}
}

// At the limit new nonces are refused and old ones are still known; with time new
// ones are accepted again.
func TestNoncesBound(t *testing.T) {
	n := NewNonces()
	n.perKey, n.total = 3, 5
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range 3 {
		if err := n.Use("a", strconv.Itoa(i), now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	later := now.Add(3 * time.Minute)
	err := n.Use("a", "3", later)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != "Throttling.User" || e.RetryAfter != nonceLife-3*time.Minute {
		t.Errorf("beyond the bound of a key: got %#v", err)
	}
	if got := code(n.Use("a", "0", later)); got != "SignatureNonceUsed" {
		t.Errorf("the oldest nonce at the bound: got %q, want SignatureNonceUsed", got)
	}
	for i, want := range []string{"", "", "Throttling.User"} {
		if got := code(n.Use("b", strconv.Itoa(i), later)); got != want {
			t.Errorf("another key, nonce %d: got %q, want %q", i, got, want)
		}
	}
	if err := n.Use("a", "3", now.Add(nonceLife+time.Second)); err != nil {
		t.Errorf("after the oldest is forgotten: %v", err)
	}
	if len(n.seen) != 5 || n.count["a"] != 3 || n.count["b"] != 2 {
		t.Errorf("%d nonces remembered, counted as %v", len(n.seen), n.count)
	}
	_ = n.Use("c", "0", now.Add(3*nonceLife)) // expires all others
	if len(n.seen) != 1 || len(n.count) != 1 || len(n.queue) != 1 {
		t.Errorf("left after all expired: %d seen, %v counted, %d queued", len(n.seen), n.count, len(n.queue))
	}
}
