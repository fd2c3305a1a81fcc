package exchange

import (
	"testing"

	"elbow/internal/leak"
)

// The access log reports the error of a 101 that is refused.
func TestSwitchFault(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct{ asked, got, want string }{
		{"backup-v1", "Backup-V1", ""},
		{"", "websocket", "protocol switched without an Upgrade in the request"},
		{"websocket", "", "protocol switched without an Upgrade in the answer"},
		{"websocket", "backup-v1", `protocol switched to "backup-v1", but "websocket" was asked for`},
		{"websocket", "websocket, h2c", `protocol switched to "websocket, h2c", but "websocket" was asked for`},
	} {
		got := ""
		if f := switchFault([]byte(tt.asked), []byte(tt.got)); f != nil {
			got = f.Err.Error()
		}
		if got != tt.want {
			t.Errorf("asked for %q, got %q: %s, want %s", tt.asked, tt.got, got, tt.want)
		}
	}
}
