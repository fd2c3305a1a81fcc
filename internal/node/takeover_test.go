package node

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/backup"
	"elbow/internal/elbtest"
	"elbow/internal/handover"
	"elbow/internal/leak"
	"elbow/internal/rpc"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// A running node handles requests for takeovers and restores, and signals.
type running struct {
	*Node
	log     *elbtest.Lines
	signals chan os.Signal
	ended   chan struct{} // closed when it has ended
	err     error         // of Run; valid once ended is closed
	client  *rpc.Client
}

// run starts a node that runs until the test ends, or it is told to end.
func run(t *testing.T, c Config) *running {
	t.Helper()
	lines, log := elbtest.NewLines()
	n, err := Start(t.Context(), c, log)
	if err != nil {
		t.Fatalf("%v\n%s", err, lines)
	}
	r := &running{Node: n, log: lines, signals: make(chan os.Signal, 2), ended: make(chan struct{}), client: c.client(n)}
	transport := new(http.Transport)
	r.client.HTTP = &http.Client{Transport: transport}
	go func() { // ends with a signal or a takeover; the function below waits
		defer close(r.ended)
		r.err = n.untilEnd(r.signals)
	}()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		select {
		case r.signals <- syscall.SIGTERM:
		case <-r.ended:
		}
		<-r.ended
		r.exit()
		if t.Failed() {
			t.Logf("log:\n%s", lines)
		}
	})
	return r
}

// exit ends the node, and closes what the end of its process would close.
func (r *running) exit() {
	r.end()
	if r.successor != nil {
		r.successor.Close()
	}
}

// call makes a call that reads the store.
func (r *running) call(ctx context.Context) error {
	_, err := r.client.Call(ctx, api.EnsVersion, "DescribeLoadBalancers", nil)
	return err
}

// errors returns the errors of /healthz.
func (r *running) errors(t *testing.T) []string {
	t.Helper()
	_, h := healthOf(t, r.Node, "/healthz")
	return h.Errors
}

// waits fails the test if a call is answered although the door is shut.
func (r *running) waits(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // no answer can come, however late
	defer cancel()
	if err := r.call(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call that has to wait got %v", err)
	}
}

// closeIdle closes the idle connections of the default client before the leak check.
func closeIdle(t *testing.T) { t.Cleanup(http.DefaultClient.CloseIdleConnections) }

// A newer process takes over the sockets and the store; it answers calls that arrive on
// connections of the older one.
func TestTakeover(t *testing.T) {
	leak.Check(t)
	closeIdle(t)
	c := testConfig(t)
	older := run(t, c)
	if err := older.call(t.Context()); err != nil { // leaves a connection open
		t.Fatal(err)
	}
	c.Takeover = true
	newer := run(t, c)
	<-older.ended
	if older.err != nil || !older.yielded.Load() {
		t.Errorf("the older one ended with %v", older.err)
	}
	if newer.APIURL != older.APIURL || newer.AdminURL != older.AdminURL {
		t.Errorf("the newer one is at %s and %s, the older one was at %s and %s", newer.APIURL, newer.AdminURL, older.APIURL, older.AdminURL)
	}
	for name, r := range map[string]*running{"the older one's connection": older, "a new connection": newer} {
		if err := r.call(t.Context()); err != nil {
			t.Errorf("a call on %s: %v", name, err)
		}
	}
	if status, h := healthOf(t, newer.Node, "/healthz"); status != http.StatusOK {
		t.Errorf("healthz of the newer one: %d %+v", status, h)
	}
	if drains := newer.older.list(); len(drains) != 1 || drains[0].PID != os.Getpid() {
		t.Errorf("the newer one watches %+v", drains)
	}
	older.exit()
	newer.log.Await(t, `msg="older process has ended" pid`)
	if err := newer.call(t.Context()); err != nil {
		t.Errorf("after the end of the older one: %v", err)
	}
}

// A newer process that dies before it serves leaves everything as it was: calls that
// waited are answered, and the next takeover succeeds.
func TestTakeoverThatComesToNothing(t *testing.T) {
	leak.Check(t)
	closeIdle(t)
	c := testConfig(t)
	older := run(t, c)
	for range 2 {
		successor, err := handover.Dial(c.Data, "v0")
		if err != nil {
			t.Fatal(err)
		}
		older.waits(t)
		if status, h := healthOf(t, older.Node, "/healthz"); status != http.StatusOK || h.Status != "warning" {
			t.Errorf("healthz meanwhile: %d %+v", status, h)
		}
		waiting := make(chan error, 1)
		go func() { waiting <- older.call(t.Context()) }() // ends with the answer
		successor.Close()
		if err := <-waiting; err != nil {
			t.Errorf("the call that waited: %v", err)
		}
	}
	c.Takeover = true
	newer := run(t, c)
	<-older.ended
	if err := newer.call(t.Context()); err != nil {
		t.Error(err)
	}
	older.exit()
}

// If the store cannot be opened again after a failed takeover, waiting calls are answered
// with the reason, /healthz reports it, traffic may go on, and calls succeed once the
// store can be opened.
func TestTakeoverThatFailsWithoutTheStore(t *testing.T) {
	leak.Check(t)
	closeIdle(t)
	c := testConfig(t)
	older := run(t, c)
	older.log.Await(t, "msg=ready api")
	successor, err := handover.Dial(c.Data, "v0")
	if err != nil {
		t.Fatal(err)
	}
	intruder, err := embedded.Start(t.Context(), embedded.Config{Dir: c.Data, Document: store.VerifyDocument})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() { waiting <- older.call(t.Context()) }() // ends with the answer
	successor.Close()
	e, refused := errors.AsType[*rpc.Error](<-waiting)
	if !refused || e.Code != "ServiceUnavailable" || !strings.Contains(e.Recommend, "The store is not in use: ") || !strings.Contains(e.Recommend, "in use by another process") {
		t.Errorf("the call that waited: %+v", e)
	}
	if broken := older.errors(t); len(broken) == 0 || !strings.HasPrefix(broken[0], "store: ") {
		t.Errorf("healthz says %q", broken)
	}
	if status, _ := healthOf(t, older.Node, "/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d, though traffic goes on", status)
	}
	intruder.Close()
	elbtest.Eventually(t, func() error { return older.call(t.Context()) })
	if broken := older.errors(t); len(broken) > 0 {
		t.Errorf("healthz still says %q", broken)
	}
}

// A process that is told to end during a handover ends, and hands nothing over.
func TestSignalDuringATakeover(t *testing.T) {
	leak.Check(t)
	c := testConfig(t)
	older := run(t, c)
	successor, err := handover.Dial(c.Data, "v0")
	if err != nil {
		t.Fatal(err)
	}
	defer successor.Close()
	older.signals <- syscall.SIGTERM
	<-older.ended
	if older.err != nil || older.yielded.Load() {
		t.Errorf("ended with %v, yielded %v", older.err, older.yielded.Load())
	}
	if err := successor.Ready(); err != nil { // the killed process has released it
		t.Errorf("the newer one got %v", err)
	}
}

// A takeover that is refused from the start does not suspend the node.
func TestTakeoverIsRefusedWhileTooManyDrain(t *testing.T) {
	leak.Check(t)
	c := testConfig(t)
	older := run(t, c)
	var pids []string
	older.older.mu.Lock()
	for i := range maxDraining {
		older.older.all = append(older.older.all, &drainingProcess{Process: handover.Process{PID: 4_000_000 + i}})
		pids = append(pids, "400000"+string(rune('0'+i)))
	}
	older.older.mu.Unlock()
	_, err := handover.Dial(c.Data, "v0")
	if err == nil || !strings.Contains(err.Error(), "8 older processes still drain ("+strings.Join(pids, ", ")+")") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(older.log.String(), "store opened again") {
		t.Error("the store was let go of for a takeover that cannot be")
	}
	if err := older.call(t.Context()); err != nil {
		t.Error(err)
	}
}

// A restore that cannot be staged, as on a full disk, changes nothing and reports the
// error.
func TestRestoreThatCannotBeStaged(t *testing.T) {
	leak.Check(t)
	closeIdle(t)
	c := testConfig(t)
	n := run(t, c)
	content, err := backup.Take(t.Context(), c.Data, "v0")
	if err != nil {
		t.Fatal(err)
	}
	b, err := backup.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.Data, "restoring.backup.part"), 0o700); err != nil { // a directory with the name of the staged file
		t.Fatal(err)
	}
	err = backup.Restore(t.Context(), c.Data, &b, func(int, int) { t.Error("a change was made") }, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "restoring.backup.part") {
		t.Errorf("got %v", err)
	}
	if err := n.call(t.Context()); err != nil {
		t.Errorf("a call afterwards: %v", err)
	}
	if err := os.Remove(filepath.Join(c.Data, "restoring.backup.part")); err != nil {
		t.Fatal(err)
	}
	if err := backup.Restore(t.Context(), c.Data, &b, func(int, int) {}, func(string) {}); err != nil {
		t.Errorf("once it can be: %v", err)
	}
	if err := n.call(t.Context()); err != nil {
		t.Errorf("a call after the restore: %v", err)
	}
}

// When Close returns, all parts have ended: the directory and the addresses are free for
// the next process, and a second Close does nothing.
func TestClose(t *testing.T) {
	leak.Check(t)
	closeIdle(t)
	c := testConfig(t)
	n := run(t, c)
	addresses := []string{n.api.listener.Addr().String(), n.admin.Addr().String()}
	n.signals <- syscall.SIGTERM
	<-n.ended
	n.Close(t.Context())
	for _, address := range addresses {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("%s is not free: %v", address, err)
			continue
		}
		l.Close()
	}
	member, err := embedded.Start(t.Context(), embedded.Config{Dir: c.Data, Document: store.VerifyDocument})
	if err != nil {
		t.Fatal(err)
	}
	member.Close()
	if n.store.control() != nil {
		t.Error("the node still has a control plane")
	}
	n.Close(t.Context()) // there is nothing left to end
}
