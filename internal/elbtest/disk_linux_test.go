package elbtest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"elbow/internal/api"
)

// smallDisk returns a file system of the given size in KiB, which a test may fill.
func smallDisk(t *testing.T, kib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("elbtest", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Skipf("a file system to fill needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// fill uses all free space; free releases it.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	chunk := make([]byte, 1<<20)
	for err == nil {
		_, err = f.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// On a full disk every call that would change something ends with ens.interface.error and
// changes nothing, calls that read are answered, and traffic is served. Once there is
// space, everything works again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 320<<10)
	w := newWorldOn(t, Options{Dir: dir})
	f := NewSite(t, w.node, NewBackend(t, "a")).Listen(t, nil)
	before := w.dump(t)
	free := fill(t, dir)
	for _, op := range api.Operations() {
		if op.Name == "AssumeRole" || op.Name == "UnbindMFADevice" { // changes nothing in the store
			continue
		}
		params := w.valid(t, op.Name)
		if op.Name == "StopLoadBalancerListener" { // of a running listener, as otherwise there is nothing to change
			params["LoadBalancerId"], params["ListenerPort"] = f.LoadBalancerID, f.Port
		}
		_, err := patient(t, w.by(op.Name), op, params)
		if reads := op.Access == "get" || op.Access == "list"; !reads {
			w.isRow(t, err, api.ErrInterface)
		} else if err != nil {
			t.Errorf("%s on a full disk: %v", op.Name, err)
		}
	}
	if after := w.dump(t); after != before {
		t.Errorf("refused calls changed something:\n%s", differences(before, after))
	}
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != http.StatusOK {
		t.Errorf("traffic on a full disk: status %d", got)
	}
	free()
	Eventually(t, func() error {
		_, err := patient(t, w.Client, operation(t, "ModifyLoadBalancerAttribute"), w.valid(t, "ModifyLoadBalancerAttribute"))
		return err
	})
}

// A first start on a disk with little or no space either works or ends with the reason; it
// never hangs.
func TestFirstStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 1, 16, 65, 80, 100, 140, 200} { // MiB
		t.Run(fmt.Sprint(room, " MiB"), func(t *testing.T) {
			t.Parallel()
			dir := smallDisk(t, room<<10+64)
			n, err := Launch(Options{Dir: dir})
			if err == nil {
				n.Kill()
				return
			}
			if room >= 200 {
				t.Errorf("with %d MiB: %v", room, err)
			}
			if !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "no space left") && !strings.Contains(err.Error(), "the store is full") {
				t.Errorf("got %v, want exit status 1 and the reason", err)
			}
		})
	}
}
