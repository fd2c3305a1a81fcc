package logs

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// A flood of lines of one kind leaves a few, and their number; other kinds are
// not affected.
func TestSparingLog(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := Sparing(slog.New(slog.NewTextHandler(&out, nil)))
		const flood = 10_000
		for i := range flood {
			log.Warn("console sign-in refused", "name", i)
			log.With("a", 1).Warn(fmt.Sprintf("http: TLS handshake error from 192.0.2.1:%d: EOF", i))
		}
		log.Error("call failed", "err", "the cause")
		time.Sleep(sparingPause) // of the test's own clock
		log.Warn("console sign-in refused", "name", "the next")
		text := out.String()
		for start, want := range map[string]int{"console sign-in refused": sparingBurst + 1, "TLS handshake": sparingBurst, "call failed": 1} {
			if n := strings.Count(text, start); n != want {
				t.Errorf("%q: %d lines, want %d", start, n, want)
			}
		}
		if want := fmt.Sprintf("left_out=%d\n", flood-sparingBurst); !strings.HasSuffix(text, want) {
			t.Errorf("the end is %q, want %q", text[max(0, len(text)-100):], want)
		}
	})
}
