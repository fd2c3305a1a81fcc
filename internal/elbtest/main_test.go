package elbtest

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"elbow/internal/leak"
)

// shared is the node of the tests that leave it usable for each other. Those
// that stop a node, fill it or count its calls start one of their own.
var shared = sync.OnceValues(func() (*Node, error) {
	dir, err := os.MkdirTemp("", "elbow-shared")
	if err != nil {
		return nil, err
	}
	n, err := Launch(Options{Dir: dir})
	running.Store(n)
	return n, err
})

// running is the shared node, if a test has asked for it.
var running atomic.Pointer[Node]

func node(t testing.TB) *Node {
	t.Helper()
	n, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// parallel is how many tests run at once. They wait for probes and timeouts of
// whole seconds most of the time, so more than there are cores.
const parallel = "12"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", parallel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(leak.Main(func() int { return runAll(m) }))
}

// runAll runs the tests and ends the shared node.
func runAll(m *testing.M) (code int) {
	code = m.Run()
	if n := running.Load(); n != nil {
		n.Kill()
		if err := n.Broken(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		} else if code != 0 {
			keepLog(n)
		}
		_ = os.RemoveAll(n.Dir) // a leftover in the temporary directory harms nobody
	}
	RemoveBinary()
	return code
}

// keepLog writes what the shared node printed where a person can read it: most
// of it is about tests that passed.
func keepLog(n *Node) {
	f, err := os.CreateTemp("", "elbow-shared-*.log")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer f.Close()
	if _, err := f.WriteString(n.Log()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Fprintln(os.Stderr, "log of the shared node:", f.Name())
}
