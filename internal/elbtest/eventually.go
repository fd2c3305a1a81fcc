package elbtest

import (
	"context"
	"testing"
	"time"
)

// patience is how long a test waits for something that is bound to happen. It
// is never what a test measures.
const patience = time.Minute

// Eventually calls try until it returns nil. It is for what the product
// promises to reach without saying when.
func Eventually(t testing.TB, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after %s still: %v", patience, err)
		case <-tick.C:
		}
	}
}
