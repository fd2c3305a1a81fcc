package elbtest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/rpc"
)

// Options configure a node. The zero value is a node with a data directory of its own.
type Options struct {
	Dir     string   // holds the data directory; "": a temporary one
	API     string   // host:port of the API; "": a free port
	EIPs    string   // CIDRs that EIPs are taken from; "": one of the node's own
	VSwitch string   // CIDR that load balancers get addresses from; "": one of the node's own
	Args    []string // further arguments of serve
	OwnKeys bool     // the node generates its root credentials
	Binary  string   // "": the one built from this tree
	Stderr  *os.File // destination of its output; nil: Log returns it
}

// A Node is a running `elbow serve`.
type Node struct {
	Options
	Admin       string // host:port of metrics, profiles and health
	AccessKeyID string // of the account's root
	Secret      string

	as   *syscall.SysProcAttr // nil: that of child
	cmd  *exec.Cmd
	log  *log
	done chan struct{} // closed when the process has ended
	err  error         // how it ended; read after done
}

// Start starts a node and returns when it is ready. It is killed when the test
// ends.
func Start(t testing.TB, o Options) *Node {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	n, err := Launch(o)
	if err != nil {
		t.Fatal(err)
	}
	n.endWith(t)
	return n
}

// endWith kills the node when the test ends.
func (n *Node) endWith(t testing.TB) {
	t.Cleanup(func() {
		n.Kill()
		if t.Failed() {
			t.Logf("log of the node at %s:\n%s", n.API, n.Log())
		}
		if err := n.Broken(); err != nil {
			t.Error(err)
		}
	})
}

// Launch is Start for a node that may refuse to start or that outlives a test. The caller
// has to kill it.
func Launch(o Options) (*Node, error) {
	n := &Node{Options: o}
	if err := n.complete(); err != nil {
		return nil, err
	}
	if err := n.launch(); err != nil {
		return nil, err
	}
	return n, nil
}

// launch starts the process and returns when it is ready.
func (n *Node) launch() error {
	if err := n.start(); err != nil {
		return err
	}
	return n.awaitReady()
}

// start starts the process.
func (n *Node) start() error {
	n.AccessKeyID, n.Secret = "root-key", "root-secret-of-the-tests"
	n.log, n.done = &log{ready: make(chan struct{})}, make(chan struct{})
	n.cmd = exec.Command(n.Binary, append([]string{
		"serve", "-data", n.Data(), "-api", n.API, "-admin", n.Admin, "-vswitch", n.VSwitch, "-eip-pool", n.EIPs,
	}, n.Args...)...)
	if !n.OwnKeys {
		n.cmd.Env = append(os.Environ(), "ELBOW_ACCESS_KEY_ID="+n.AccessKeyID, "ELBOW_ACCESS_KEY_SECRET="+n.Secret)
	}
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	if n.Stderr != nil {
		n.cmd.Stdout, n.cmd.Stderr = n.Stderr, n.Stderr
	}
	n.cmd.SysProcAttr = cmp.Or(n.as, child())
	if err := n.cmd.Start(); err != nil {
		return err
	}
	go n.wait() // ends with the process; Kill and Stop wait for it
	return nil
}

// awaitReady returns when the node is ready. A node that is not ready in time is killed.
func (n *Node) awaitReady() error {
	select {
	case <-n.log.ready:
		return nil
	case <-n.done:
		return fmt.Errorf("the node ended before it was ready: %w\n%s", n.err, n.Log())
	case <-time.After(patience):
		n.Kill()
		return fmt.Errorf("the node was not ready after %s:\n%s", patience, n.Log())
	}
}

// Successor returns a node that will take over from n, with further arguments.
func (n *Node) Successor(args ...string) *Node {
	next := &Node{Options: n.Options, Admin: n.Admin}
	next.Args = append(append(slices.Clone(n.Args), "-takeover"), args...)
	return next
}

// TakeOver starts a process that takes over from n, with further arguments, and
// returns when it is ready. It is killed when the test ends.
func (n *Node) TakeOver(t testing.TB, args ...string) *Node {
	t.Helper()
	next := n.Successor(args...)
	if err := next.launch(); err != nil {
		t.Fatalf("%v\nlog of the process before:\n%s", err, n.Log())
	}
	next.endWith(t)
	return next
}

// complete sets the options that were not given.
func (n *Node) complete() (err error) {
	if n.API == "" {
		if n.API, err = freeAddress("127.0.0.1"); err != nil {
			return err
		}
	}
	if n.Binary == "" {
		if n.Binary, err = binary(); err != nil {
			return err
		}
	}
	n.VSwitch = cmp.Or(n.VSwitch, freeVSwitch())
	n.EIPs = cmp.Or(n.EIPs, strings.TrimSuffix(freeVSwitch(), "/20")+"/26")
	n.Admin, err = freeAddress("127.0.0.1")
	return err
}

// Broken returns an error if the node has reported a data race or a panic.
func (n *Node) Broken() error {
	if n.log.contains("DATA RACE") || n.log.contains("panic:") || n.log.contains("msg=panic") {
		return fmt.Errorf("the node at %s reported a data race or a panic:\n%s", n.API, n.Log())
	}
	return nil
}

// Again starts the program again with the data and the addresses of a node that has ended.
func (n *Node) Again(t testing.TB) *Node {
	t.Helper()
	return Start(t, n.Options)
}

// Data returns the node's data directory.
func (n *Node) Data() string { return filepath.Join(n.Dir, "data") }

// PID returns the process id of the node.
func (n *Node) PID() int { return n.cmd.Process.Pid }

// Kill kills the node, which then cannot write anything any more, and waits for its end.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill() // fails only if it has ended
	<-n.done
}

// Stop asks the node to drain and waits for its end.
func (n *Node) Stop(t testing.TB) {
	t.Helper()
	_ = n.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	select {
	case <-n.done:
		if n.err != nil {
			t.Errorf("after SIGTERM the node ended with %v", n.err)
		}
	case <-time.After(patience):
		t.Errorf("%s after SIGTERM the node still runs", patience)
		n.Kill()
	}
}

// Log returns the output of the node so far.
func (n *Node) Log() string { return n.log.String() }

func (n *Node) wait() {
	n.err = n.cmd.Wait()
	close(n.done)
}

// RPC returns a client of the node with the root key.
func (n *Node) RPC() *rpc.Client {
	return &rpc.Client{Endpoint: "http://" + n.API, AccessKeyID: n.AccessKeyID, Secret: n.Secret}
}
