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

// shared is the node of the tests that do not prevent each other from using it. Tests that
// stop a node, fill it or count its calls start their own.
var shared = sync.OnceValues(func() (*Node, error) {
	dir, err := os.MkdirTemp("", "elbow-shared")
	if err != nil {
		return nil, err
	}
	n, err := Launch(Options{Dir: dir})
	running.Store(n)
	return n, err
})

// running is the shared node; nil if no test has used it.
var running atomic.Pointer[Node]

func node(t testing.TB) *Node {
	t.Helper()
	n, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// parallel is the number of tests that run at once. It exceeds the number of cores, since
// tests wait for probes and timeouts of whole seconds most of the time.
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
		_ = os.RemoveAll(n.Dir) // a leftover in the temporary directory does no harm
	}
	RemoveBinary()
	return code
}

// keepLog writes the output of the shared node to a file, because most of it is about
// tests that passed.
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
