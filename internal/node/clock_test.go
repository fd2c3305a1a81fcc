package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCheckClock(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		last time.Time
		want string // "": no error
	}{
		{time.Time{}, ""},
		{now, ""},
		{now.Add(5 * time.Minute), ""},
		{now.Add(-6 * 24 * time.Hour), ""},
		{now.AddDate(-10, 0, 0), "the clock is 365"},
		{now.Add(90 * time.Minute), "1h30m0s before the last write"},
	} {
		if err := checkClock(tt.last, now); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("last write %s: got %v, want %q", tt.last, err, tt.want)
		}
	}
}

// A node that starts with a clock far from the last write to its directory reports it in
// /healthz.
func TestClockThatHasJumpedIsTold(t *testing.T) {
	c := testConfig(t)
	startNode(t, c).end()
	err := filepath.WalkDir(filepath.Join(c.Data, "etcd"), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, time.Time{}, time.Now().AddDate(-10, 0, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	n := startNode(t, c)
	if _, h := healthOf(t, n, "/healthz"); !strings.Contains(strings.Join(h.Warnings, "\n"), "days after the last write") {
		t.Errorf("got %+v", h)
	}
}
