// Package leak is for tests: what a test has started or opened is gone when it has
// ended. It compares numbers of the whole process, so it says nothing of tests that
// run at the same time as others; for their packages there is Main. Start reading
// at Check.
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

// patience is how long goroutines and file descriptors may take to go: what a test
// has closed ends a moment later. It is met only by a test that leaks.
const patience = 20 * time.Second

// Check has t fail if, after its cleanups, goroutines run or file descriptors are
// open that were not when Check was called. It is the first thing a test calls, since
// cleanups run last in, first out, and not for a test that calls t.Parallel.
func Check(t testing.TB) {
	t.Helper()
	openPoller()
	before := held()
	t.Cleanup(func() {
		if t.Failed() {
			return // what it did not get to give back would only hide why
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

// A holding is what the process holds at one time.
type holding struct {
	goroutines goleak.Option // overlooks those of that time
	files      files
}

func held() holding { return holding{goleak.IgnoreCurrent(), openFiles()} }

// gone waits until nothing is held that h does not have, and says what still is
// when the time is up.
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

// onlyPipes says whether there may be nothing left but the pipes that package net
// copies from socket to socket through: it keeps them in a pool, which the collector
// empties. A socket that is forgotten is not left to it.
func onlyPipes(names []string) bool {
	return !slices.ContainsFunc(names, func(s string) bool { return !strings.HasPrefix(s, "pipe:") })
}

// openPoller has the runtime open what its network poller keeps from the first
// socket on.
var openPoller = sync.OnceFunc(func() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close() // nobody has used it
	}
})
