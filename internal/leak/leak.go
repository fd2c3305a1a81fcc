// Package leak is for tests: it checks that everything a test has started or
// opened is gone when it has ended. It compares numbers of the whole process, so
// it does not work for tests that run in parallel; for their packages there is
// Main. Start reading at Check.
package leak

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines and file descriptors may take to go: they end a
// moment after the test has closed them. Only a test that leaks reaches it.
const patience = 20 * time.Second

// Check makes t fail if, after its cleanups, goroutines run or file descriptors
// are open that were not when Check was called. It must be the first call of a
// test, since cleanups run last in, first out, and not be used in a test that
// calls t.Parallel.
func Check(t testing.TB) {
	t.Helper()
	openPoller()
	before := held()
	t.Cleanup(func() {
		if t.Failed() {
			return // leaks of a failed test would only hide the failure
		}
		if err := before.gone(time.Now().Add(patience)); err != nil {
			t.Error(err)
		}
	})
}

// Main runs the tests of a package and returns their exit code: not 0 if anything is
// left when all of them have ended.
func Main(run func() int) int {
	openPoller()
	before := held()
	code := run()
	if code != 0 {
		return code
	}
	if err := before.gone(time.Now().Add(patience)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A holding is the set of goroutines and files of the process at one time.
type holding struct {
	goroutines goleak.Option // ignores the goroutines of that time
	files      files
}

func held() holding { return holding{goleak.IgnoreCurrent(), openFiles()} }

// gone waits until nothing is left that is not in h, and returns what is when the
// time is up.
func (h holding) gone(end time.Time) error {
	for pause := time.Millisecond; ; pause *= 2 {
		err := goleak.Find(h.goroutines)
		if err == nil {
			more := openFiles().beyond(h.files)
			if len(more) == 0 {
				return nil
			}
			if onlyPipes(more) {
				runtime.GC()
			}
			err = fmt.Errorf("file descriptors left open: %v", more)
		}
		if time.Now().After(end) {
			return err
		}
		time.Sleep(min(pause, 100*time.Millisecond))
	}
}

// onlyPipes reports whether everything left may be pipes with which package net
// copies from socket to socket: it keeps them in a pool, which the garbage
// collector empties. A leaked socket would not be closed by it.
func onlyPipes(names []string) bool {
	return !slices.ContainsFunc(names, func(s string) bool { return !strings.HasPrefix(s, "pipe:") })
}

// openPoller makes the runtime open the descriptors that its network poller keeps
// from the first socket on.
var openPoller = sync.OnceFunc(func() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close() // it was not used
	}
})
