package proxy

import (
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/leak"
)

// What has been tight is found out to be easy again, without a request.
func TestBudgetMeasures(t *testing.T) {
	leak.Check(t)
	var b budget
	b.start(1<<40, new(atomic.Int64), func() {})
	defer b.close()
	b.measured(b.total)
	for end := time.Now().Add(20 * time.Second); b.tight.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("still tight")
		}
	}
}
