package elbtest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// limited returns the program with a limit on open files.
func limited(t *testing.T, files int) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "elbow")
	if err := os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\nulimit -n %d\nexec %s \"$@\"\n", files, path), 0o700); err != nil {
		t.Fatal(err)
	}
	return script
}

// With more listeners than descriptors, some listeners fail with a reason in their status,
// and the API, health checks and the other listeners work.
func TestMoreListenersThanFiles(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Binary: limited(t, 240)})
	s := NewSite(t, n, NewBackend(t, "a"))
	var fronts []*Front
	for range 44 {
		fronts = append(fronts, s.Started(t, nil))
	}
	last := fronts[len(fronts)-1]
	Eventually(t, func() error {
		found, err := last.Describe(last.Port)
		if err != nil || !strings.Contains(found.GetHttpContentString(), "too many files are open") {
			return fmt.Errorf("%v: %s", err, found.GetHttpContentString())
		}
		return nil
	})
	c := fronts[0].Client(t, "")
	if a := fronts[0].Get(t, c, "/"); a.Status != http.StatusOK {
		t.Errorf("a listener that is open: %d %s", a.Status, a.Body)
	}
	health := n.admin(t, "/healthz")
	for _, want := range []string{`"status": "warning"`, "44 listeners need a limit of 264, which is 240", `"open_files_limit": 240`} {
		if !strings.Contains(health, want) {
			t.Errorf("no %s in %s", want, health)
		}
	}
	n.Stop(t)
	n = n.Again(t)
	if log := n.Log(); !strings.Contains(log, "not all listeners will be open") || !strings.Contains(log, "LimitNOFILE=264") {
		t.Errorf("no warning at the start in\n%s", log)
	}
}

// admin returns the node's answer at its admin address.
func (n *Node) admin(t *testing.T, path string) string {
	t.Helper()
	res, err := http.Get("http://" + n.Admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// However many connections clients open, descriptors are left for backends, the API,
// metrics and a takeover.
func TestFilesAreKept(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Binary: limited(t, 400)})
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	kept := f.Client(t, "")
	f.Get(t, kept, "/")
	for range 400 {
		if c, err := net.Dial("tcp", f.HostPort()); err == nil {
			defer c.Close()
		}
	}
	Eventually(t, func() error { // each was accepted, or refused
		if n := metric(n.admin(t, "/metrics"), "elbow_listener_connections_total"); n < 401 {
			return fmt.Errorf("%d connections were accepted", n)
		}
		return nil
	})
	if refused := metric(n.admin(t, "/metrics"), "elbow_listener_overload_refused_total", `reason="descriptors"`); refused == 0 || refused == 400 {
		t.Errorf("%d of 400 connections were refused, want those that there are no files for", refused)
	}
	f.Get(t, kept, "/") // over the existing connection
	if _, err := f.Describe(f.Port); err != nil {
		t.Errorf("a call: %v", err)
	}
	next := n.TakeOver(t)
	if _, err := f.Describe(f.Port); err != nil {
		t.Errorf("a call after the takeover by %d: %v", next.PID(), err)
	}
}

// metric returns the value of the first series with this name and labels.
func metric(text, name string, labels ...string) (value int) {
	for line := range strings.Lines(text) {
		has := strings.HasPrefix(line, name)
		for _, l := range labels {
			has = has && strings.Contains(line, l)
		}
		if has {
			value, _ = strconv.Atoi(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]))
			return value
		}
	}
	return 0
}
