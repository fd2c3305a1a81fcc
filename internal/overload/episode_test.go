package overload

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// An episode is logged when it begins and when it is over, with the sum.
func TestEpisode(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		var e Episode
		log := slog.New(slog.NewTextHandler(&text, nil))
		for range 2 {
			for range 100 {
				e.Refuse(log, ErrMemory, "listener", 443)
				time.Sleep(time.Second)
			}
			time.Sleep(episodePause)
			synctest.Wait()
			lines := strings.Split(strings.TrimSpace(text.String()), "\n")
			if len(lines) != 2 || !strings.Contains(lines[0], "level=WARN") || !strings.Contains(lines[1], "listener=443 refused=100") {
				t.Errorf("logged %q", lines)
			}
			text.Reset()
		}
		if n := e.refused.Load(); n != 200 {
			t.Errorf("%d refusals in all, want 200", n)
		}
	})
}
