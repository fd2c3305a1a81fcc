package elbtest

import (
	"context"
	"testing"
	"time"
)

// patience bounds how long a test waits for a condition. No test measures it.
const patience = time.Minute

// Eventually calls try until it returns nil. It is for conditions that the product reaches
// at an unspecified time.
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
