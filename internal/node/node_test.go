package node

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elbtest"
	"elbow/internal/rpc"
	"elbow/internal/store/embedded"
)

// testConfig is the configuration of a node on free ports with a key of its own.
func testConfig(t *testing.T) Config {
	c := DefaultConfig()
	c.Version = "v0"
	c.Data = filepath.Join(t.TempDir(), "data")
	c.API, c.Admin = "127.0.0.1:0", "127.0.0.1:0"
	c.VSwitch = netip.MustParsePrefix("127.26.0.0/24")
	c.AccessKeyID, c.Secret = "the-root-key", "the-root-secret"
	return c
}

func startNode(t *testing.T, c Config) *Node {
	t.Helper()
	l, log := elbtest.NewLines()
	n, err := Start(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.end()
		if t.Failed() {
			t.Logf("log:\n%s", l)
		}
	})
	return n
}

func (c Config) client(n *Node) *rpc.Client {
	return &rpc.Client{Endpoint: n.APIURL, AccessKeyID: c.AccessKeyID, Secret: c.Secret}
}

func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	usedDir := filepath.Join(t.TempDir(), "used")
	inUse, err := embedded.Start(t.Context(), embedded.Config{Dir: usedDir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer inUse.Close()
	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, "format"), []byte("1000000\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(c *Config)
		want   string
	}{
		"API port in use":     {func(c *Config) { c.API = taken.Addr().String() }, "-api: listen tcp " + taken.Addr().String()},
		"admin port in use":   {func(c *Config) { c.Admin = taken.Addr().String() }, "-admin: listen tcp " + taken.Addr().String()},
		"both ports in use":   {func(c *Config) { c.API, c.Admin = taken.Addr().String(), taken.Addr().String() }, "give another -api; -admin: listen tcp "},
		"port of whom":        {func(c *Config) { c.API = taken.Addr().String() }, fmt.Sprintf("address already in use by process %d (", os.Getpid())},
		"port, taking over":   {func(c *Config) { c.API, c.Takeover = taken.Addr().String(), true }, "address already in use"},
		"foreign address":     {func(c *Config) { c.API = "192.0.2.1:8095" }, "no interface of this machine has that address: give -api 127.0.0.1:8095"},
		"no certificate":      {func(c *Config) { c.APICert, c.APIKey = "absent.pem", "absent.key" }, "-api-cert: open absent.pem"},
		"access log":          {func(c *Config) { c.AccessLog = "/absent/access.log" }, "access log: open /absent/access.log"},
		"audit log":           {func(c *Config) { c.AuditLog = "/absent/audit.log" }, "audit log: open /absent/audit.log"},
		"directory in use":    {func(c *Config) { c.Data = usedDir }, "in use by another process"},
		"newer version":       {func(c *Config) { c.Data = newer }, "newer version"},
		"directory is a file": {func(c *Config) { c.Data = os.Args[0] }, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t)
			tt.change(&c)
			n, err := Start(t.Context(), c, slog.New(slog.DiscardHandler))
			if err == nil {
				n.end()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with %q", err, tt.want)
			}
			if entries, err := os.ReadDir(c.Data); name != "audit log" && c.Data != usedDir && c.Data != newer && c.Data != os.Args[0] && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the start has written %v, %v", entries, err)
			}
			c = testConfig(t) // the parts that were started before the error have ended
			startNode(t, c)
		})
	}
}

func TestAPIOverTLS(t *testing.T) {
	c := testConfig(t)
	dir := t.TempDir()
	c.APICert, c.APIKey = filepath.Join(dir, "api.pem"), filepath.Join(dir, "api.key")
	issue := func() elbtest.Certificate {
		pair := elbtest.NewCertificate(t, "api.test")
		if err := errors.Join(os.WriteFile(c.APICert, []byte(pair.Chain), 0o644), os.WriteFile(c.APIKey, []byte(pair.Key), 0o600)); err != nil {
			t.Fatal(err)
		}
		return pair
	}
	config := &tls.Config{RootCAs: issue().Roots, ServerName: "api.test"}
	n := startNode(t, c)
	client := c.client(n)
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	client.HTTP = &http.Client{Transport: transport}
	if _, err := client.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
		t.Fatal(err)
	}

	// SIGHUP loads a renewed certificate.
	served := func() string {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(n.APIURL, "https://"), config)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return string(conn.ConnectionState().PeerCertificates[0].Raw)
	}
	before := served()
	config = &tls.Config{RootCAs: issue().Roots, ServerName: "api.test"}
	n.reloads.reload()
	if served() == before {
		t.Error("after a reload the old certificate is served")
	}
	if err := os.WriteFile(c.APICert, []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	n.reloads.reload()
	if served() == before {
		t.Error("a broken file took the certificate back")
	}
}

func TestHealth(t *testing.T) {
	n := startNode(t, testConfig(t))
	for _, path := range []string{"/healthz", "/readyz"} {
		elbtest.Eventually(t, func() error {
			status, h := healthOf(t, n, path)
			if status != http.StatusOK || h.Status != "ok" {
				return errors.New(path + ": " + h.Status)
			}
			return nil
		})
	}
	n.draining.Store(true)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, h := healthOf(t, n, path); status != http.StatusServiceUnavailable || h.Status != "draining" {
			t.Errorf("%s while draining: %d %+v", path, status, h)
		}
	}
}

func healthOf(t *testing.T, n *Node, path string) (status int, h health) {
	t.Helper()
	res, err := http.Get(n.AdminURL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, h
}

func TestMetricsAndProfiles(t *testing.T) {
	n := startNode(t, testConfig(t))
	for path, want := range map[string]string{
		"/metrics?reconcile":             "elbow_reconcile_listeners_failing 0",
		"/metrics":                       "elbow_store_size_bytes",
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile",
	} {
		res, err := http.Get(n.AdminURL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %s, %v, no %q in %.200q", path, res.Status, err, want, body)
		}
	}
}
