package elbtest

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// When the node prints that it is ready, every listener accepts connections. A listener
// that cannot is counted in that line.
func TestReadyMeansOpen(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Args: []string{"-http3=false"}})
	s := NewSite(t, n)
	var fronts []*Front
	for range 60 {
		fronts = append(fronts, s.Started(t, nil))
	}
	fronts[len(fronts)-1].AwaitState(t, "Running")
	n.Stop(t)
	taken, err := net.Listen("tcp", fronts[0].HostPort())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	n = n.Again(t)
	for _, f := range slices.Backward(fronts[1:]) { // the last one is opened last
		c, err := tls.Dial("tcp", f.HostPort(), f.TLS())
		if err != nil {
			t.Fatalf("the node says it is ready: %v", err)
		}
		_ = c.Close()
	}
	for line := range strings.Lines(n.Log()) {
		if readyLine(line) && (!strings.Contains(line, `"listeners":60`) || !strings.Contains(line, `"failing":1`)) {
			t.Errorf("got %s, want the number of listeners and of those that are not open", line)
		}
	}
}

// Started creates and starts a listener, and repeats calls that are throttled.
func (s *Site) Started(t testing.TB, changes map[string]string) *Front {
	t.Helper()
	params := s.ListenerParams(changes)
	f := &Front{Site: s, Port: params["ListenerPort"]}
	for _, call := range []func() error{func() error { return s.Create(params) }, func() error { return s.StartListener(f.Port) }} {
		err := call()
		for strings.HasPrefix(Code(err), "Throttling") {
			time.Sleep(50 * time.Millisecond) // as a client does
			err = call()
		}
		if err != nil {
			t.Fatalf("listener %v: %v", params, err)
		}
	}
	return f
}
