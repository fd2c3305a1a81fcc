package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A want is an expected finding.
type want struct {
	grade  Grade
	what   string
	found  string // in Found
	advice string // in Advice; "": none
}

func check(t *testing.T, got []Finding, wanted ...want) {
	t.Helper()
	if len(got) != len(wanted) {
		t.Fatalf("got %d findings %+v, want %d", len(got), got, len(wanted))
	}
	for i, w := range wanted {
		g := got[i]
		if g.Grade != w.grade || g.What != w.what || !strings.Contains(g.Found, w.found) {
			t.Errorf("got %v %s %q, want %v %s with %q", g.Grade, g.What, g.Found, w.grade, w.what, w.found)
		}
		if (g.Advice == "") != (w.advice == "") || !strings.Contains(g.Advice, w.advice) {
			t.Errorf("%s %q: got the advice %q, want %q in it", g.What, g.Found, g.Advice, w.advice)
		}
	}
}

// The zero Patient has no node: only checks of the machine remain, and no finding
// advises about a node.
func TestExamineNothing(t *testing.T) {
	var told []string
	Examine(t.Context(), Patient{}, func(f Finding) { told = append(told, f.What) })
	for _, what := range told {
		switch what {
		case "local ports", "accept queue", "clock", "resources": // of the machine; resources: there are no credentials
		default:
			t.Errorf("%s was looked at", what)
		}
	}
}

// All findings are printed, and the worst grade is kept wherever it occurs.
func TestPrint(t *testing.T) {
	var out bytes.Buffer
	worst := OK
	tell := Print(&out, &worst)
	tell(Finding{OK, "clock", "kept right", ""})
	tell(Finding{Failure, "disk", "1 MiB free", "Make room.\nSoon."})
	tell(Finding{Warning, "backend", "unhealthy", ""})
	if worst != Failure {
		t.Errorf("the worst is %v, want a failure", worst)
	}
	wanted := "ok       clock              kept right\n" +
		"FAILURE  disk               1 MiB free\n" +
		"                            Make room.\n" +
		"                            Soon.\n" +
		"warning  backend            unhealthy\n"
	if out.String() != wanted {
		t.Errorf("got\n%swant\n%s", &out, wanted)
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	open, shut := filepath.Join(dir, "open"), filepath.Join(dir, "shut")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Mkdir(open, 0o755), os.Chmod(open, 0o750), os.Mkdir(shut, 0o700)); err != nil {
		t.Fatal(err)
	}
	for path, w := range map[string]want{
		filepath.Join(dir, "absent"): {OK, "data directory", "is not there yet", ""},
		filepath.Join(file, "below"): {Failure, "data directory", "not a directory", "as the user that elbow runs as"},
		file:                         {Failure, "data directory", file + " is not a directory", "-data"},
		open:                         {Warning, "data directory", "(mode 750)", "chmod 700 " + open},
		shut:                         {OK, "data directory", shut, ""},
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			check(t, directory(t.Context(), Patient{Data: path}), w)
		})
	}
}

func TestInside(t *testing.T) {
	for name, tt := range map[string]struct {
		open   bool
		err    error
		wanted []want
	}{
		"no directory": {err: fmt.Errorf("looking: %w", fs.ErrNotExist)},
		"in use":       {open: true, wanted: []want{{OK, "store", "in use by a node", ""}}},
		"whole":        {wanted: []want{{OK, "store", "are whole", ""}}},
		"damaged":      {err: errors.New("member/snap/db is damaged"), wanted: []want{{Failure, "store", "member/snap/db is damaged", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, inside(t.Context(), Patient{Store: func() (bool, error) { return tt.open, tt.err }}), tt.wanted...)
		})
	}
}

// serve starts a server at an address for a Patient.
func serve(t *testing.T, answer http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// deaf is an address at which connections are accepted and closed.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends when l is closed
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// vacated is an address that nothing listens on any more.
func vacated(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAPI(t *testing.T) {
	elbow := func(ahead time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Acs-Request-Id", "1")
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	well := want{OK, "API", "elbow answers at", ""}
	for name, tt := range map[string]struct {
		at     string
		wanted []want
	}{
		"elbow":          {serve(t, elbow(0)), []want{well}},
		"clock ahead":    {serve(t, elbow(time.Hour)), []want{well, {Warning, "clock", "from this one", "synchronize both"}}},
		"clock behind":   {serve(t, elbow(-time.Hour)), []want{well, {Warning, "clock", "the node's is 1h0m", "synchronize both"}}},
		"somebody else":  {serve(t, http.NotFound), []want{{Failure, "API", `404 Not Found "404 page not found`, "-api"}}},
		"no HTTP":        {deaf(t), []want{{Failure, "API", "and cannot be listened on", "-api"}}},
		"free":           {vacated(t), []want{{OK, "API", "is free", ""}}},
		"not looked for": {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, api(t.Context(), Patient{API: tt.at}), tt.wanted...)
		})
	}
}

// The health that a node reports becomes findings: errors are failures, warnings
// are warnings.
func TestAdmin(t *testing.T) {
	says := func(h map[string]any, status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/healthz" {
				t.Errorf("asked for %s", r.URL.Path)
			}
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(h)
		}
	}
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
	}
	for name, tt := range map[string]struct {
		at     string
		max    int // connections
		wanted []want
	}{
		"well": {at: serve(t, says(map[string]any{"status": "ok", "listeners": 3}, 200)), wanted: []want{
			{OK, "health", "the node says ok; 3 listening sockets, 0 failing", ""},
		}},
		"ill": {at: serve(t, says(map[string]any{
			"status": "failing", "listeners": 3, "failing": 1,
			"errors": []string{"store: full"}, "warnings": []string{"disk: low", "certificate 1 expired"},
		}, 503)), wanted: []want{
			{OK, "health", "the node says failing; 3 listening sockets, 1 failing", ""},
			{Failure, "health", "store: full", ""},
			{Warning, "health", "disk: low", ""},
			{Warning, "health", "certificate 1 expired", ""},
		}},
		"few files": {at: serve(t, says(map[string]any{"status": "ok", "open_files_limit": 1024, "listener_files": 100}, 200)), max: 1000, wanted: []want{
			{OK, "health", "the node says ok", ""},
			{Warning, "open files", "may have 1024, of which its listeners take 100", "LimitNOFILE=3100"},
		}},
		"another program": {at: serve(t, text("hello")), wanted: []want{{Failure, "health", "another program answers", "-admin"}}},
		"other JSON":      {at: serve(t, text(`{"state":"ok"}`)), wanted: []want{{Failure, "health", "another program answers", "-admin"}}},
		"cut off":         {at: serve(t, text(`{"status":"o`)), wanted: []want{{Failure, "health", "another program answers", "-admin"}}},
		"no HTTP":         {at: deaf(t), wanted: []want{{Failure, "health", "does not answer (", "-admin"}}},
		"free":            {at: vacated(t), wanted: []want{{OK, "health", "is free", ""}}},
		"off":             {},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, admin(t.Context(), Patient{Admin: tt.at, MaxConnections: tt.max}), tt.wanted...)
		})
	}
}
