package overload

import (
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/leak"
)

// Memory that was tight is found to be easy again without a request.
func TestBudgetMeasures(t *testing.T) {
	leak.Check(t)
	var b Budget
	b.Start(1<<40, new(atomic.Int64), func() {})
	defer b.Close()
	b.Measured(b.total)
	for end := time.Now().Add(20 * time.Second); b.tight.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("still tight")
		}
	}
}
