package proxy

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/leak"
)

// Independent clients, if they are installed: curl and nghttp.
func TestH2Clients(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", r.Host)
		hello(w, r)
	})})
	url := "https://" + r.lis.Addr().String() + "/"
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, command string
		want          []string
	}{
		{"curl", "curl -sSik --http2 " + url, []string{"HTTP/2 200", "x-host: ", "hello"}},
		{"curl, body", "curl -sSik --http2 --data-binary @" + long + " " + url, []string{"HTTP/2 200", "hello"}},
		{"curl, several", "curl -sSik --http2 --parallel " + strings.Repeat(url+" ", 20), []string{"hello"}},
		{"nghttp", "nghttp -v --no-verify-peer " + url, []string{":status: 200", "END_STREAM", "hello"}},
		{"nghttp, several with bodies", "nghttp -v --no-verify-peer -d " + long + " -m 10 " + url, []string{":status: 200", "hello"}},
		{"nghttp, padding, CONTINUATION", "nghttp -v --no-verify-peer --padding=100 --continuation " + url, []string{":status: 200", "hello"}},
		{"nghttp, small windows", "nghttp -v --no-verify-peer -w 10 -W 10 " + url, []string{":status: 200", "hello"}},
		{"nghttp, table of 0", "nghttp -v --no-verify-peer --header-table-size=0 " + url, []string{":status: 200", "hello"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.Fields(tt.command)
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skip(err)
			}
			out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, clip(string(out)))
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in %s", want, out)
				}
			}
		})
	}
}
