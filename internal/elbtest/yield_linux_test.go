package elbtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"elbow/internal/api"
)

// Unauthenticated clients whose calls are never complete neither prevent a takeover nor
// delay other calls.
func TestTakeoverBesideStalledCalls(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	for range 20 {
		conn, err := net.Dial("tcp", n.API)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nAction=", n.API); err != nil {
			t.Fatal(err)
		}
	}
	// They were sent before this call, and have arrived when it is answered.
	if _, err := n.RPC().Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
		t.Fatal(err)
	}
	next := n.TakeOver(t)
	if n.log.contains("takeover refused") {
		t.Error("the takeover was refused first")
	}
	if _, err := next.RPC().Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
		t.Error(err)
	}
}

// A process that waits for a stalled newer process handles SIGTERM at once. The newer one
// goes on when it can, since the older one has ended.
func TestSignalDuringTakeover(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	f := NewSite(t, n, NewBackend(t, "a")).Listen(t, nil)
	// The newer process reads its certificate between its request to the older one and its
	// report that it is ready. A FIFO makes it wait there.
	dir := t.TempDir()
	pair := NewCertificate(t, "localhost")
	chain, key := filepath.Join(dir, "chain"), filepath.Join(dir, "key")
	if err := errors.Join(os.WriteFile(key, []byte(pair.Key), 0o600), syscall.Mkfifo(chain, 0o600)); err != nil {
		t.Fatal(err)
	}
	next := n.Successor("-api-cert", chain, "-api-key", key, "-api-plain")
	if err := next.start(); err != nil {
		t.Fatal(err)
	}
	next.endWith(t)
	var out *os.File
	Eventually(t, func() (err error) {
		out, err = os.OpenFile(chain, os.O_WRONLY|syscall.O_NONBLOCK, 0) // fails until the process reads
		return err
	})
	defer out.Close()
	// The process sends its request before it reads the certificate; the log line may
	// appear later.
	Eventually(t, func() error {
		if !next.log.contains("taking over") {
			return fmt.Errorf("the newer process reads its certificate before it asks the older one:\n%s", next.Log())
		}
		return nil
	})
	n.Stop(t) // fails after patience; the older process used to wait for 90 s
	if n.log.contains("taken over, draining") {
		t.Error("the newer process had taken over")
	}
	if _, err := out.WriteString(pair.Chain); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := next.awaitReady(); err != nil {
		t.Fatal(err)
	}
	f.AwaitState(t, "Running")
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != 200 {
		t.Errorf("got %d", got)
	}
}

// limitFiles sets the maximum size of a file of the node, in bytes, so that its writes
// fail.
func (n *Node) limitFiles(t *testing.T, bytes uint64) {
	t.Helper()
	if err := unix.Prlimit(n.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
		t.Fatal(err)
	}
}

// rename changes the name of the site's load balancer, which writes to the store.
func (s *Site) rename(t *testing.T, n *Node, name string) error {
	t.Helper()
	_, err := n.RPC().Call(t.Context(), api.EnsVersion, "ModifyLoadBalancerAttribute",
		map[string]string{"LoadBalancerId": s.LoadBalancerID, "LoadBalancerName": name})
	return err
}

// A store whose write has failed is reopened automatically once the disk accepts writes,
// and another process can take over. Traffic is not affected.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"itself", "takeover"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			n := Start(t, Options{})
			s := NewSite(t, n, NewBackend(t, "a"))
			f := s.Listen(t, nil)
			n.limitFiles(t, 1)
			if err := s.rename(t, n, "refused"); err == nil {
				t.Error("a call succeeded whose write cannot have")
			}
			Eventually(t, func() error {
				if !n.log.contains("store not in use, traffic goes on without") {
					return fmt.Errorf("the node has not tried to open its store again")
				}
				return nil
			})
			if got := f.Get(t, f.Client(t, ""), "/").Status; got != 200 {
				t.Errorf("without its store the node answers %d", got)
			}
			n.limitFiles(t, unix.RLIM_INFINITY)
			if by == "takeover" {
				n = n.TakeOver(t)
			}
			Eventually(t, func() error { return s.rename(t, n, "accepted") })
			if got := f.Get(t, f.Client(t, ""), "/").Status; got != 200 {
				t.Errorf("afterwards the node answers %d", got)
			}
			if out := n.names(t); !strings.Contains(out, "accepted") {
				t.Errorf("got %s", out)
			}
			n.Stop(t)
		})
	}
}

// names returns the names of the load balancers.
func (n *Node) names(t *testing.T) string {
	t.Helper()
	body, err := n.RPC().Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A restore that fails in the middle exposes no part of it to calls, is reported in
// /healthz, and is completed once the disk accepts writes.
func TestRestoreFails(t *testing.T) {
	t.Parallel()
	content := largeBackup(t)
	n := Start(t, Options{})
	n.limitFiles(t, 600<<10) // enough of the log's file for half of the documents
	resp, err := overBackupSocket(n).Post("http://node/restore", "application/gzip", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && !strings.Contains(string(answer), `"error"`) {
		t.Fatalf("the restore succeeded: the test shows nothing\n%s", answer)
	}
	Eventually(t, func() error {
		resp, err := http.Get("http://" + n.Admin + "/healthz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "store: ") {
			return fmt.Errorf("%s %s %w", resp.Status, text, err)
		}
		return nil
	})
	for range 3 {
		if _, err := n.RPC().Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil); err == nil {
			t.Error("a call was answered in the middle of the restore")
		}
	}
	n.limitFiles(t, unix.RLIM_INFINITY)
	Eventually(t, func() error {
		_, err := n.RPC().Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil)
		return err
	})
	if got := n.balancers(t); got != large {
		t.Errorf("there are %d load balancers, want %d", got, large)
	}
}
