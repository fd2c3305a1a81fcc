package proxy

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
		var b retryBudget
		b.open(tt.percent, tt.burst)
		n := 0
		for b.take() {
			n++
		}
		if n != tt.atOnce {
			t.Errorf("%+v: got %d retries at once", tt, n)
		}
		for left := tt.exchanges; left > 0; left-- {
			if b.take() {
				t.Errorf("%+v: a retry is earned %d exchanges early", tt, left)
			}
			b.earn()
		}
		if tt.burst > 0 && !b.take() || b.take() {
			t.Errorf("%+v: so many exchanges must earn one retry", tt)
		}
	}
	var none retryBudget
	none.open(0, 1)
	none.take()
	none.earn()
	if none.take() {
		t.Error("at 0 percent an exchange earned a retry")
	}
}
