package overload

import (
	"testing"

	"elbow/internal/leak"
)

func TestRetryBudget(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct{ percent, burst, atOnce, exchanges int }{
		{20, 100, 100, 5},
		{100, 1, 1, 1},
		{30, 10, 10, 4},
		{1, 5, 5, 100},
		{20, 0, 0, 0},
	} {
		var b RetryBudget
		b.Open(tt.percent, tt.burst)
		n := 0
		for b.Take() {
			n++
		}
		if n != tt.atOnce {
			t.Errorf("%+v: got %d retries at once", tt, n)
		}
		for left := tt.exchanges; left > 0; left-- {
			if b.Take() {
				t.Errorf("%+v: a retry is earned %d exchanges early", tt, left)
			}
			b.Earn()
		}
		if tt.burst > 0 && !b.Take() || b.Take() {
			t.Errorf("%+v: so many exchanges must earn one retry", tt)
		}
	}
	var none RetryBudget
	none.Open(0, 1)
	none.Take()
	none.Earn()
	if none.Take() {
		t.Error("at 0 percent an exchange earned a retry")
	}
}
