package elbtest

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"
)

var webDAV = flag.Bool("webdav", false, "a test of WebDAV fails where it cannot run")

// apacheBlock matches a part of Apache's configuration in a document.
var apacheBlock = regexp.MustCompile("(?s)```apache\n(.*?)```")

// apacheConfig is the rest of the configuration of a WebDAV and Subversion server.
var apacheConfig = template.Must(template.New("").Parse(`
ServerRoot {{.Dir}}
Listen {{.Address}}
PidFile {{.Dir}}/pid
ErrorLog {{.Dir}}/error.log
LogLevel info
User {{.User}}
Group {{.Group}}
LoadModule mpm_event_module {{.Modules}}/mod_mpm_event.so
LoadModule authz_core_module {{.Modules}}/mod_authz_core.so
LoadModule dir_module {{.Modules}}/mod_dir.so
LoadModule headers_module {{.Modules}}/mod_headers.so
LoadModule dav_module {{.Modules}}/mod_dav.so
LoadModule dav_fs_module {{.Modules}}/mod_dav_fs.so
LoadModule dav_svn_module {{.Modules}}/mod_dav_svn.so
DocumentRoot {{.Dir}}/files
DavLockDB {{.Dir}}/locks
<Location />
	Dav On
</Location>
<Location /svn>
	DAV svn
	SVNPath {{.Dir}}/repository
</Location>
{{.Extra}}
`))

// startApache starts Apache with the document's configuration, and returns its address.
func startApache(t *testing.T, extra string) string {
	t.Helper()
	const modules = "/usr/lib/apache2/modules"
	missing := t.Skipf
	if *webDAV {
		missing = t.Fatalf
	}
	for _, tool := range []string{"apache2", "svn", "svnadmin"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing("WebDAV needs %s: %v", tool, err)
		}
	}
	if _, err := os.Stat(filepath.Join(modules, "mod_dav_svn.so")); err != nil {
		missing("WebDAV needs a module of Apache: %v", err)
	}
	dir, err := os.MkdirTemp("", "elbow-webdav") // Apache's workers run as another user, who cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "files"), 0o777), os.Chmod(filepath.Join(dir, "files"), 0o777), os.Chmod(dir, 0o777),
		exec.Command("svnadmin", "create", filepath.Join(dir, "repository")).Run(),
		exec.Command("chmod", "-R", "a+rwX", filepath.Join(dir, "repository")).Run(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	address := FreeAddress(t, "127.0.0.1")
	var config bytes.Buffer
	if err := apacheConfig.Execute(&config, map[string]string{
		"Dir": dir, "Address": address, "Modules": modules, "User": "nobody", "Group": "nogroup", "Extra": extra,
	}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "apache.conf")
	if err := os.WriteFile(file, config.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command("apache2", "-f", file, "-DFOREGROUND")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // its status says how it was ended
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("apache2 said: %s%s", out.String(), log)
		}
	})
	Eventually(t, func() error {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	return address
}

// With the configuration of the how-to page Apache accepts COPY and MOVE whose Destination
// is an https URL, and without it refuses them: for files by WebDAV, and for Subversion's
// own client.
func TestWebDAV(t *testing.T) {
	t.Parallel()
	page := document(t, filepath.Join("docs", "howto", "webdav.md"))
	blocks := apacheBlock.FindAllStringSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d configurations, want 2", len(blocks))
	}
	for _, tt := range []struct {
		name, config string
		works        bool
	}{{"nothing", "", false}, {"ServerName", blocks[0][1], true}, {"RequestHeader", blocks[1][1], true}} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSite(t, node(t), &Backend{Name: "dav", Address: startApache(t, tt.config)})
			f := s.Listen(t, nil)
			c := f.Client(t, "")
			do := func(method, path, body string, header ...string) int {
				t.Helper()
				req, err := http.NewRequestWithContext(t.Context(), method, f.URL(path), strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; i < len(header); i += 2 {
					req.Header.Set(header[i], header[i+1])
				}
				res, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				_, _ = io.Copy(io.Discard, res.Body)
				return res.StatusCode
			}
			if got := do("PUT", "/a", "hello"); got != 201 {
				t.Fatalf("PUT: got %d", got)
			}
			want := 201
			if !tt.works {
				want = 502
			}
			for _, method := range []string{"COPY", "MOVE"} {
				if got := do(method, "/a", "", "Destination", f.URL("/"+method)); got != want {
					t.Errorf("%s: got %d, want %d", method, got, want)
				}
			}
			repository := "https://" + f.HostPort() + "/svn"
			for _, args := range [][]string{{"mkdir", repository + "/trunk"}, {"copy", repository + "/trunk", repository + "/tag"}} {
				args = append(args, "--non-interactive", "--config-dir", t.TempDir(), "-m", "x",
					"--trust-server-cert-failures=unknown-ca,cn-mismatch,expired,not-yet-valid,other")
				out, err := exec.CommandContext(t.Context(), "svn", args...).CombinedOutput()
				if works := err == nil; works != tt.works && args[0] == "copy" || args[0] == "mkdir" && err != nil {
					t.Error(fmt.Errorf("svn %s: %v\n%s", args[0], err, out))
				}
			}
		})
	}
}
