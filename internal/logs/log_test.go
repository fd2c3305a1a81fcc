package logs

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"regexp"
	"testing"
	"time"
)

// JSON lines have durations in seconds and times in UTC, in groups and in
// attributes added by With, too; text lines have durations with their unit.
func TestLogUnits(t *testing.T) {
	var out bytes.Buffer
	log := newLog(&out, false).With("since", 90*time.Minute)
	log.Info("taken over", "took", 1234567*time.Microsecond, "at", time.Date(2026, 11, 30, 13, 0, 0, 0, time.FixedZone("", 3600)),
		slog.Group("inner", "took", 2*time.Millisecond), "lines", 7)
	var line struct {
		Time, At    string
		Took, Since float64
		Lines       int
		Inner       struct{ Took float64 }
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Took != 1.234567 || line.Since != 5400 || line.Inner.Took != 0.002 || line.At != "2026-11-30T12:00:00.000Z" || line.Lines != 7 {
		t.Errorf("got %s", out.String())
	}
	if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(line.Time) {
		t.Errorf("got time %q", line.Time)
	}
	out.Reset()
	newLog(&out, true).Info("taken over", "took", 1200*time.Millisecond)
	if !bytes.Contains(out.Bytes(), []byte("took=1.2s")) {
		t.Errorf("got %s", out.String())
	}
}
