package proxy

import (
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/balance"
	"elbow/internal/leak"
)

// gtlsclient runs ngtcp2's client against r, if it is installed, and returns its output.
func (r *rig) gtlsclient(t *testing.T, options ...string) string {
	t.Helper()
	path, err := exec.LookPath("gtlsclient")
	if err != nil {
		t.Skip(err)
	}
	host, port, _ := strings.Cut(r.lis.Addr().String(), ":")
	args := append([]string{"--exit-on-all-streams-close", "--no-quic-dump", "--timeout=20s"}, options...)
	out, err := exec.CommandContext(t.Context(), path, append(args, host, port, "https://elbow.test/")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, clip(string(out)))
	}
	return string(out)
}

// ngtcp2's gtlsclient, an independent HTTP/3 client, in the version of Debian.
func TestH3Clients(t *testing.T) {
	leak.Check(t)
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		options []string
		answers int
	}{
		{"GET", nil, 1},
		{"HEAD", []string{"-m", "HEAD"}, 1},
		{"body", []string{"-m", "POST", "-d", long}, 1},
		{"several with bodies", []string{"-m", "POST", "-d", long, "-n", "5"}, 5},
		{"many", []string{"-n", "300"}, 300},
		{"lossy network", []string{"-t", "0.1", "-r", "0.1", "-n", "20"}, 20},
		{"another network", []string{"--change-local-addr=50ms", "--delay-stream=200ms", "-n", "3"}, 3},
		{"rebinding", []string{"--change-local-addr=50ms", "--nat-rebinding", "--delay-stream=200ms", "-n", "3"}, 3},
		{"new keys", []string{"--key-update=50ms", "--delay-stream=200ms", "-n", "3"}, 3},
		{"small windows", []string{"--max-data=3000", "--max-stream-data-bidi-local=1000", "-n", "10"}, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{origin(t, hello)})
			out := r.gtlsclient(t, tt.options...)
			if got := strings.Count(out, "[:status: 200]"); got != tt.answers {
				t.Errorf("got %d answers, want %d: %s", got, tt.answers, out)
			}
			for range tt.answers {
				if line := r.log.next(t); line["status"] != 200.0 || line["proto"] != "HTTP/3.0" {
					t.Errorf("access log has %v", line)
				}
			}
		})
	}
}

// gtlsclient can choose the connection id by an option.
func TestH3ClientChoosesID(t *testing.T) {
	leak.Check(t)
	for _, name := range []string{"qch", "iqch"} {
		r, s := scheduled(t, name, 4)
		for _, tt := range firstIDs {
			id, err := hex.DecodeString(tt.id)
			if err != nil {
				t.Fatal(err)
			}
			if len(id) > 18 {
				continue // longer than it accepts
			}
			r.gtlsclient(t, "--dcid="+tt.id, "-n", "3")
			want := string(rune('a' + s.Pick(balance.Key{QUICID: id}, -1)))
			for range 3 {
				if got := r.log.next(t)["backend"]; got != want {
					t.Errorf("%s, id %s: got backend %v, want %s", name, tt.id, got, want)
				}
			}
		}
	}
}

// A session of gtlsclient is resumed, and its first request is sent as early data.
func TestH3ClientResumes(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Was-Early", r.Header.Get("Early-Data"))
		hello(w, r)
	})})
	dir := t.TempDir()
	keep := []string{"--session-file=" + filepath.Join(dir, "session"), "--tp-file=" + filepath.Join(dir, "tp"), "--delay-stream=0"}
	r.gtlsclient(t, keep...)
	if out := r.gtlsclient(t, keep...); !strings.Contains(out, "[was-early: 1]") {
		t.Errorf("got %s", out)
	}
}
