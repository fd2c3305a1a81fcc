package api

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"2026-11-25T15:04:05Z", "2026-11-25 15:04:05"},
		{"2026-11-25 15:04:05", "2026-11-25 15:04:05"},
		{"2024-02-29 00:00:00", "2024-02-29 00:00:00"},
		{"2026-02-29 00:00:00", ""},
		{"2026-11-25", ""},
		{"2026-11-25 15:04", ""},
		{"2026-11-25T15:04:05", ""},
		{"2026-11-25T15:04:05+08:00", ""},
		{"2026-11-25 24:00:00", ""},
		{" 2026-11-25 15:04:05", ""},
		{"1764083045", ""},
	} {
		var got time.Time
		v := Moment(&got)
		if err := v.Set(tt.text); (err == nil) != (tt.want != "") || v.Value() != tt.want {
			t.Errorf("%q: got %q and %v, want %q", tt.text, v.Value(), err, tt.want)
		}
	}
}
