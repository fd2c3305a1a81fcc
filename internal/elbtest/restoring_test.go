package elbtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/archive"
)

// large is the number of load balancers in a large backup, which takes several
// transactions of the store.
const large = 2000

// largeBackup returns a backup of a node with a few resources, and with many more load
// balancers.
func largeBackup(t *testing.T) (content []byte) {
	t.Helper()
	n := Start(t, Options{})
	NewSite(t, n, NewBackend(t, "a")).Listen(t, map[string]string{"HealthCheck": "off"})
	c := newTerminal(t, n)
	if _, failed := c.run(t, "", "backup", "--data", n.Data(), "small"); failed != "" {
		t.Fatal(failed)
	}
	small, err := os.ReadFile(filepath.Join(c.dir, "small"))
	if err != nil {
		t.Fatal(err)
	}
	h, documents, err := archive.Read(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	const prefix = "/elbow/desired/loadbalancer/"
	for _, d := range documents {
		id, found := strings.CutPrefix(d.Key, prefix)
		if !found {
			continue
		}
		for i := range large - 1 {
			other := fmt.Sprintf("%s-%04d", id, i)
			documents = append(documents, archive.Document{Key: prefix + other, Value: strings.ReplaceAll(d.Value, id, other)})
		}
		break
	}
	var out bytes.Buffer
	if err := archive.Write(&out, h, documents); err != nil {
		t.Fatal(err)
	}
	n.Kill()
	return out.Bytes()
}

// balancers returns the number of load balancers of a node.
func (n *Node) balancers(t *testing.T) int {
	t.Helper()
	body, err := n.RPC().Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ TotalCount int }
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatal(err)
	}
	return out.TotalCount
}

// overBackupSocket returns a client of the socket by which backups are restored.
func overBackupSocket(n *Node) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(n.Data(), "backup.sock"))
		},
	}}
}

// A restore is atomic: a node that is killed during a restore has all of the backup after
// its next start, and no call sees a part of it.
func TestRestoreInterrupted(t *testing.T) {
	t.Parallel()
	content := largeBackup(t)

	t.Run("node killed", func(t *testing.T) {
		t.Parallel()
		n := Start(t, Options{})
		resp, err := overBackupSocket(n).Post("http://node/restore", "application/gzip", bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || !strings.Contains(line, `"made"`) {
			t.Fatalf("got %q, %v, want the first line of the progress", line, err)
		}
		n.Kill()
		n = n.Again(t)
		if got := n.balancers(t); got != large {
			t.Errorf("after the restart there are %d load balancers, want %d", got, large)
		}
		if !n.log.contains("restoring a backup") {
			t.Error("the restore had ended before the kill: the test shows nothing")
		}
		if _, err := os.Stat(filepath.Join(n.Data(), "restoring.backup")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the copy of the backup is still there (%v)", err)
		}
	})

	t.Run("calls wait", func(t *testing.T) {
		t.Parallel()
		n := Start(t, Options{})
		resp, err := overBackupSocket(n).Post("http://node/restore", "application/gzip", bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := n.balancers(t); got != 0 && got != large {
			t.Errorf("in the middle of the restore a call saw %d load balancers, want none or %d", got, large)
		}
		answer, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(answer), `"done":true`) {
			t.Errorf("got %s, %v", answer, err)
		}
		if got := n.balancers(t); got != large {
			t.Errorf("after the restore there are %d load balancers, want %d", got, large)
		}
	})

	t.Run("command killed", func(t *testing.T) {
		t.Parallel()
		n := Start(t, Options{})
		n.Kill()
		program, err := binary()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "large.backup")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, "restore", "--yes", "--data", n.Data(), file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		Eventually(t, func() error { _, err := os.Stat(filepath.Join(n.Data(), "restoring.backup")); return err })
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
		n = n.Again(t)
		if got := n.balancers(t); got != large {
			t.Errorf("there are %d load balancers, want %d", got, large)
		}
	})
}

// A restore of a damaged copy does not expose the part that was restored, and can be
// repeated.
func TestRestoreRepeated(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	NewSite(t, n, NewBackend(t, "a"))
	c := newTerminal(t, n)
	if _, failed := c.run(t, "", "backup", "--data", n.Data(), "backup"); failed != "" {
		t.Fatal(failed)
	}
	n.Kill()
	staged := filepath.Join(n.Data(), "restoring.backup")
	if err := os.WriteFile(staged, []byte("half a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := Launch(n.Options); err == nil || !strings.Contains(err.Error(), staged+" is damaged: a restore was interrupted") {
		if err == nil {
			again.Kill()
		}
		t.Errorf("got %v, want an error that names the file", err)
	}
	if _, failed := c.run(t, "", "restore", "--yes", "--data", n.Data(), "backup"); failed != "" {
		t.Error(failed)
	}
	if got := n.Again(t).balancers(t); got != 1 {
		t.Errorf("there are %d load balancers, want 1", got)
	}
}
