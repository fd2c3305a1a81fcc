package node

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elbtest"
	"elbow/internal/profile"
	"elbow/internal/rpc"
)

// rootNode starts a node without a configured key and ends it again.
func rootNode(t *testing.T, c Config, while func(n *Node)) string {
	t.Helper()
	l, log := elbtest.NewLines()
	n, err := Start(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	defer n.end()
	while(n)
	return l.String()
}

func mayCall(t *testing.T, n *Node, id, secret string) error {
	t.Helper()
	client := &rpc.Client{Endpoint: n.APIURL, AccessKeyID: id, Secret: secret}
	_, err := client.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil)
	return err
}

func TestFirstStartMakesCredentials(t *testing.T) {
	c := testConfig(t)
	c.AccessKeyID, c.Secret = "", ""
	path := filepath.Join(c.Data, "root-credentials")
	var made string
	log := rootNode(t, c, func(n *Node) {
		key, err := readCredentials(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := mayCall(t, n, key.ID, key.Secret); err != nil {
			t.Errorf("a call with %s: %v", path, err)
		}
		made = key.Secret
	})
	if !strings.Contains(log, path) || strings.Contains(log, made) {
		t.Errorf("the log has to tell the path and not the secret:\n%s", log)
	}
	stat, err := os.Stat(path)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", stat.Mode(), err)
	}

	// Later starts neither need the file nor write another one.
	key, _ := readCredentials(path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	rootNode(t, c, func(n *Node) {
		if err := mayCall(t, n, key.ID, key.Secret); err != nil {
			t.Errorf("after a restart: %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("a second key was made")
		}
	})
}

// The file is written before the store: the key that an interrupted start has written to
// the file has to be valid.
func TestCredentialsOfAStartCutShort(t *testing.T) {
	c := testConfig(t)
	c.AccessKeyID, c.Secret = "", ""
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "access-key-id = told\naccess-key-secret = before\n"
	if err := os.WriteFile(filepath.Join(c.Data, "root-credentials"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rootNode(t, c, func(n *Node) {
		if err := mayCall(t, n, "told", "before"); err != nil {
			t.Error(err)
		}
	})
}

func TestEnvironmentOnLaterStarts(t *testing.T) {
	c := testConfig(t)
	rootNode(t, c, func(n *Node) {})
	if _, err := os.Stat(filepath.Join(c.Data, "root-credentials")); err == nil {
		t.Error("a file was written though the environment had a key")
	}

	renewed := c
	renewed.Secret = "another-secret"
	rootNode(t, renewed, func(n *Node) {
		if err := mayCall(t, n, renewed.AccessKeyID, renewed.Secret); err != nil {
			t.Errorf("the new secret: %v", err)
		}
		if err := mayCall(t, n, c.AccessKeyID, c.Secret); err == nil {
			t.Error("the old secret of the same id still works")
		}
	})

	further := c
	further.AccessKeyID = "a-further-key"
	rootNode(t, further, func(n *Node) {
		for _, id := range []Config{renewed, further} {
			if err := mayCall(t, n, id.AccessKeyID, id.Secret); err != nil {
				t.Errorf("%s: %v", id.AccessKeyID, err)
			}
		}
	})

	none := c
	none.AccessKeyID, none.Secret = "", ""
	rootNode(t, none, func(n *Node) {
		if err := mayCall(t, n, further.AccessKeyID, further.Secret); err != nil {
			t.Errorf("without the environment: %v", err)
		}
	})
}

// The profile names the port that is served, which -api need not give as a number.
func TestCredentialsNameThePortThatIsServed(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost", ""} {
		t.Run(host, func(t *testing.T) {
			c := testConfig(t)
			c.AccessKeyID, c.Secret, c.API = "", "", host+":0"
			rootNode(t, c, func(n *Node) {
				text, err := os.ReadFile(filepath.Join(c.Data, "root-credentials"))
				if err != nil {
					t.Fatal(err)
				}
				profiles, err := profile.Parse(strings.NewReader(string(text)))
				if err != nil {
					t.Fatal(err)
				}
				p := profiles[profile.Default]
				_, port, _ := net.SplitHostPort(n.api.listener.Addr().String())
				if want := "http://" + host + ":" + port; p["endpoint"] != want {
					t.Errorf("endpoint %s, want %s", p["endpoint"], want)
				}
				client := &rpc.Client{Endpoint: p["endpoint"], AccessKeyID: p["access-key-id"], Secret: p["access-key-secret"]}
				if _, err := client.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
