package elbtest

import (
	"flag"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"elbow/internal/api"
)

var moments = flag.Int("moments", 6, "moments of a start at which the process is killed, and told to end")

// interruptedWithin is the time after the start of a process within which it is
// interrupted; a start takes some 300 ms.
const interruptedWithin = 500 * time.Millisecond

// A start that is killed or terminated at any moment leaves a directory that can be
// started again, with everything that was acknowledged. SIGTERM is handled at any moment.
func TestStartInterrupted(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(fmt.Sprintf("first start, signal %d", signal), func(t *testing.T) {
			t.Parallel()
			for i := range *moments {
				dir := t.TempDir()
				interrupt(t, Options{Dir: dir, OwnKeys: true}, signal, i)
				n, err := Launch(Options{Dir: dir, OwnKeys: true})
				if err != nil {
					t.Fatalf("moment %d of %d: %v", i, *moments, err)
				}
				n.Kill()
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
		})
		t.Run(fmt.Sprintf("later start, signal %d", signal), func(t *testing.T) {
			t.Parallel()
			n := Start(t, Options{})
			id := NewSite(t, n, NewBackend(t, "a")).LoadBalancerID
			n.Kill()
			for i := range *moments {
				interrupt(t, n.Options, signal, i)
			}
			n = n.Again(t)
			params := map[string]string{"LoadBalancerId": id}
			if _, err := n.RPC().Call(t.Context(), api.EnsVersion, "DescribeLoadBalancerAttribute", params); err != nil {
				t.Errorf("what was acknowledged: %v", err)
			}
		})
	}
}

// interrupt sends a signal to a process at one moment of its start.
func interrupt(t *testing.T, o Options, signal syscall.Signal, moment int) {
	t.Helper()
	n := &Node{Options: o}
	if err := n.complete(); err != nil {
		t.Fatal(err)
	}
	if err := n.start(); err != nil {
		t.Fatal(err)
	}
	defer n.Kill()
	select {
	case <-n.done:
		t.Fatalf("moment %d of %d: the process has ended by itself: %v\n%s", moment, *moments, n.err, n.Log())
	case <-time.After(interruptedWithin * time.Duration(moment) / time.Duration(*moments)):
	}
	if err := n.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-n.done:
	case <-time.After(patience):
		t.Fatalf("moment %d of %d: %s after signal %d the process still runs\n%s", moment, *moments, patience, signal, n.Log())
	}
	if err := n.Broken(); err != nil {
		t.Errorf("moment %d of %d: %v", moment, *moments, err)
	}
}
