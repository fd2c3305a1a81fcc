package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/balance"
)

// clientsDir is a directory with the programs of the directory clients and the packages
// that they need; make clients creates it.
var clientsDir = flag.String("clients", "", "also run the clients installed in this `directory`")

// Clients of other projects use two backends with session persistence: Chromium, the ws
// package and Node's HTTP/2 client.
func TestClients(t *testing.T) {
	if *clientsDir == "" {
		t.Skip("make clients installs what this needs")
	}
	cert, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}

	backends := []string{startBackend(t, "a"), startBackend(t, "b")}

	t.Run("sockets", func(t *testing.T) {
		log := runClient(t, backends, "sockets.mjs", file)
		checkProtocols(t, log, "/ws", "HTTP/1.1", "HTTP/2.0")
	})
	t.Run("browser", func(t *testing.T) {
		log := runClient(t, backends, "browser.mjs", base64.StdEncoding.EncodeToString(key[:]), browser)
		checkProtocols(t, log, "/ws", "HTTP/1.1", "HTTP/2.0")
		checkProtocols(t, log, "/", "HTTP/2.0", "HTTP/3.0")
	})
}

// runClient runs one of the client programs against a new site, with the site's port and
// args as arguments, and returns the access log after all exchanges have ended.
func runClient(t *testing.T, backends []string, program string, args ...string) string {
	t.Helper()
	var log lockedBuffer
	sticky := func(g *balance.Group) balance.Sticky {
		return balance.NewInsert(g, make([]byte, 32), time.Hour, balance.NoSameSite)
	}
	r := newSite(t, &log, sticky, backends...)
	port := strconv.Itoa(int(r.listener.Addr().Port()))
	runNode(t, program, append([]string{port}, args...)...)
	r.close()
	return log.String()
}

// checkProtocols checks that each of the protocols was used for a request for path.
func checkProtocols(t *testing.T, log, path string, protocols ...string) {
	t.Helper()
	seen := make(map[string]int)
	for line := range strings.Lines(log) {
		var entry struct {
			Path, Proto, Err string
			Status           int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("access log line %q: %v", line, err)
		}
		if t.Failed() && entry.Err != "" {
			t.Logf("access log: %s", line)
		}
		if entry.Path == path && entry.Status < 300 {
			seen[entry.Proto]++
		}
	}
	for _, p := range protocols {
		if seen[p] == 0 {
			t.Errorf("nobody asked for %s by %s, only by %v", path, p, seen)
		}
	}
}

// runNode runs one of the client programs and logs its output.
func runNode(t *testing.T, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{filepath.Join(*clientsDir, program)}, args...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("%s: %v", program, err)
	}
}

// startBackend runs backend.mjs and returns its address.
func startBackend(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.Command("node", filepath.Join(*clientsDir, "backend.mjs"), name)
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("backend %s: %v: %s", name, err, says.Bytes())
	}
	return "127.0.0.1:" + strings.TrimSpace(port)
}

// A lockedBuffer is a buffer to which the access log is written while the test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
