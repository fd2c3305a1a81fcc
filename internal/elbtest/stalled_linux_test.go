package elbtest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A logReader reads the log of a node through a pipe until it is stopped.
type logReader struct {
	*os.File
	lines chan string // closed when it is stopped, or at the end of the log
	halt  chan struct{}
}

// startPiped starts a node that logs to a pipe of the minimum size, and returns when it is
// ready.
func startPiped(t *testing.T, o Options) (*Node, *logReader) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	o.Dir, o.Stderr = t.TempDir(), w
	n := &Node{Options: o}
	if err := n.complete(); err != nil {
		t.Fatal(err)
	}
	if err := n.start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		r.Close()
		n.Kill()
	})
	reader := &logReader{r, make(chan string), make(chan struct{})}
	go reader.run() // ends when it is stopped, or with the log
	for line := range reader.lines {
		if readyLine(line) {
			return n, reader
		}
	}
	<-n.done
	t.Fatalf("the node ended before it was ready: %v", n.err)
	return nil, nil
}

func (r *logReader) run() {
	defer close(r.lines)
	scan := bufio.NewScanner(r.File)
	for scan.Scan() {
		select {
		case r.lines <- scan.Text():
		case <-r.halt:
			return
		}
	}
}

// toggle stops and starts the listener of a front until its log lines exceed the size of a
// pipe.
func toggle(t *testing.T, s *Site, f *Front) {
	t.Helper()
	params := map[string]string{"LoadBalancerId": f.LoadBalancerID, "ListenerPort": f.Port, "ListenerProtocol": "https"}
	for range 25 {
		for _, action := range []string{"StopLoadBalancerListener", "StartLoadBalancerListener"} {
			if _, err := patient(t, s.Node.RPC(), operation(t, action), params); err != nil {
				t.Fatal(err)
			}
		}
		f.AwaitState(t, "Running")
	}
}

// Logs that are not read any more block nothing: calls take effect, /healthz reports ok,
// and the process can be taken over and ends.
func TestLogReaderStandsStill(t *testing.T) {
	t.Parallel()
	// The older process waits for persistent connections of the API until -drain-timeout.
	n, log := startPiped(t, Options{Args: []string{"-access-log", "-", "-audit-log", "-", "-drain-timeout", "1s"}})
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	close(log.halt)
	toggle(t, s, f)
	f.Get(t, f.Client(t, ""), "/")
	res, err := http.Get("http://" + n.Admin + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("healthz: %s", res.Status)
	}
	next := n.Successor()
	next.Stderr = nil
	if err := next.launch(); err != nil {
		t.Fatal(err)
	}
	next.endWith(t)
	<-n.done
	if n.err != nil {
		t.Errorf("after the takeover the older process ended with %v", n.err)
	}
	f.Get(t, f.Client(t, ""), "/")
	next.Stop(t)
}

// The process does not end when the reader of its logs does.
func TestLogReaderEnds(t *testing.T) {
	t.Parallel()
	n, log := startPiped(t, Options{Args: []string{"-access-log", "-", "-audit-log", "-"}})
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	close(log.halt)
	log.Close()
	toggle(t, s, f)
	f.Get(t, f.Client(t, ""), "/")
	n.Stop(t)
}

// Logs that are FIFOs need a reader at the start, and the error says so. A reader that
// stops later blocks neither requests nor calls nor the end of the process.
func TestLogsAreFIFOs(t *testing.T) {
	t.Parallel()
	access, audit := filepath.Join(t.TempDir(), "access"), filepath.Join(t.TempDir(), "audit")
	for _, path := range []string{access, audit} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Args: []string{"-access-log", access, "-audit-log", audit}, Dir: t.TempDir()}
	if n, err := Launch(o); err == nil {
		n.Kill()
		t.Fatal("a node started whose logs nobody reads")
	} else if !strings.Contains(err.Error(), "access log: open "+access+": nobody reads this FIFO") {
		t.Errorf("got %v", err)
	}
	for _, path := range []string{access, audit} {
		r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		// The pipe is filled except for less than a line.
		w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		size, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, strings.Repeat("\n", size-1)); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	n := Start(t, o)
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	c := f.Client(t, "")
	for i := range 100 {
		f.Get(t, c, fmt.Sprintf("/%d", i))
	}
	f.AwaitState(t, "Running")
	n.Stop(t)
}
