package doctor

import (
	"strings"
	"testing"
)

// A limit that leaves nothing for clients does not lead to the advice of an
// impossible number of connections.
func TestOpenFilesAdvice(t *testing.T) {
	p := Patient{MaxConnections: 200_000}
	for _, tt := range []struct {
		limit int
		want  string // of -max-connections; "": not advised
	}{
		{600, ""},
		{1006, ""},
		{1008, "-max-connections 1."},
		{20_000, "-max-connections 9497."},
	} {
		found := nodeFiles(p, tt.limit, 6)
		if len(found) != 1 || found[0].Grade != Warning {
			t.Fatalf("%d: got %+v, want one warning", tt.limit, found)
		}
		advice := found[0].Advice
		if is := strings.Contains(advice, "-max-connections"); is != (tt.want != "") || !strings.Contains(advice, tt.want) {
			t.Errorf("%d: got %q, want %q in it", tt.limit, advice, tt.want)
		}
	}
	if found := nodeFiles(p, 401_006, 6); len(found) != 1 || found[0].Grade != OK {
		t.Errorf("got %+v, want ok", found)
	}
}
