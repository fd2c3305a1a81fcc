package elbtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// kills is the number of times that TestKill kills the node.
const kills = 50

// An acknowledged call survives kill -9 at any moment. After each of 50 kills during a
// stream of calls the state has everything that was acknowledged and nothing that was not
// requested, and the started listeners serve from the moment when the node is ready.
func TestKill(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"))
	m := &ledger{site: s, acked: make(map[int]desired)}
	for round := range kills {
		stream := make(chan struct{})
		acks := make(chan struct{}, 1000)
		go func() { // ends with the node; waited for below
			defer close(stream)
			m.write(n.RPC(), acks)
		}()
		for range 1 + rand.IntN(12) {
			<-acks
		}
		n.Kill() // while the next call is in progress
		<-stream

		n = n.Again(t)
		m.audit(t, n)
		if t.Failed() {
			t.Fatalf("after kill %d", round+1)
		}
	}
}

// desired is the desired state of a listener.
type desired struct {
	exists      bool
	started     bool
	description string
}

// A ledger records what the node has acknowledged.
type ledger struct {
	site    *Site
	acked   map[int]desired // by port
	port    int             // of the call that got no answer; 0: none
	pending desired         // state that this call requested
	count   int
}

// ledgerPorts is the number of ports that the calls use.
const ledgerPorts = 24

// write makes calls until one gets no answer.
func (m *ledger) write(c *rpc.Client, acks chan<- struct{}) {
	for {
		port := 10000 + rand.IntN(ledgerPorts)
		was := m.acked[port]
		action, want := m.next(was)
		m.port, m.pending = port, want
		params := map[string]string{"LoadBalancerId": m.site.LoadBalancerID, "ListenerPort": strconv.Itoa(port)}
		if action == "CreateLoadBalancerHTTPSListener" {
			params["HealthCheck"], params["ServerCertificateId"] = "off", m.site.CertificateID
		}
		if want.description != was.description {
			params["Description"] = want.description
		}
		_, err := c.Call(context.Background(), api.EnsVersion, action, params)
		refusal, refused := errors.AsType[*rpc.Error](err)
		switch {
		case err == nil:
			m.acked[port], m.port = want, 0
			acks <- struct{}{}
		case refused && strings.HasPrefix(refusal.Code, "Throttling"):
			time.Sleep(refusal.RetryAfter)
		default:
			return
		}
	}
}

// next returns a call that changes a listener, and the listener's state after it.
func (m *ledger) next(was desired) (action string, want desired) {
	m.count++
	want = was
	switch n := rand.IntN(6); {
	case !was.exists:
		return "CreateLoadBalancerHTTPSListener", desired{exists: true, description: fmt.Sprintf("made by call %d", m.count)}
	case n == 0:
		return "DeleteLoadBalancerListener", desired{}
	case n == 1:
		want.started = false
		return "StopLoadBalancerListener", want
	case n == 2:
		want.description = fmt.Sprintf("changed by call %d", m.count)
		return "SetLoadBalancerHTTPSListenerAttribute", want
	default:
		want.started = true
		return "StartLoadBalancerListener", want
	}
}

// audit compares a node that has just become ready with the ledger.
func (m *ledger) audit(t *testing.T, n *Node) {
	t.Helper()
	var serving sync.WaitGroup
	for port, want := range m.acked {
		if want.started && port != m.port {
			serving.Go(func() { m.wantServing(t, port) }) // ends with the answer
		}
	}
	serving.Wait()

	found := m.read(t, n)
	if m.port != 0 {
		// The last call was either done or not done; a mixture is an error.
		if got := found[m.port]; got != m.pending && got != m.acked[m.port] {
			t.Errorf("port %d: %+v, want %+v or, by the call without an answer, %+v", m.port, got, m.acked[m.port], m.pending)
		}
		m.acked[m.port] = found[m.port]
		m.port = 0
	}
	for _, port := range slices.Sorted(maps.Keys(m.acked)) {
		if got := found[port]; got != m.acked[port] {
			t.Errorf("port %d: %+v, want %+v", port, got, m.acked[port])
		}
		delete(found, port)
	}
	for port, got := range found {
		t.Errorf("port %d: %+v, which nobody asked for", port, got)
	}
}

// wantServing fails if a listener does not answer the first request.
func (m *ledger) wantServing(t *testing.T, port int) {
	f := &Front{Site: m.site, Port: strconv.Itoa(port)}
	if a, err := f.TryGet(f.Client(t, ""), "/"); err != nil || a.Status != 200 {
		t.Errorf("port %d does not serve although the node is ready: %d, %v", port, a.Status, err)
	}
}

// read returns the listeners' states according to the API, once no listener is starting or
// stopping.
func (m *ledger) read(t *testing.T, n *Node) map[int]desired {
	t.Helper()
	found := make(map[int]desired)
	w := &world{Client: n.RPC()}
	Eventually(t, func() error {
		clear(found)
		var out struct {
			Listeners struct {
				Listener []struct{ ListenerPort, Description, Status string }
			}
		}
		w.must(t, "DescribeLoadBalancerListeners", map[string]string{"LoadBalancerId": m.site.LoadBalancerID, "PageSize": "100"}, &out)
		for _, l := range out.Listeners.Listener {
			port, err := strconv.Atoi(l.ListenerPort)
			if err != nil {
				return err
			}
			if l.Status != "running" && l.Status != "stopped" {
				return fmt.Errorf("port %d is %s", port, l.Status)
			}
			found[port] = desired{exists: true, started: l.Status == "running", description: l.Description}
		}
		return nil
	})
	for port, l := range found {
		c, err := net.Dial("tcp", net.JoinHostPort(m.site.Address, strconv.Itoa(port)))
		if err == nil {
			c.Close()
		}
		if accepts := err == nil; accepts != l.started {
			t.Errorf("port %d accepts: %t, and the API tells of %+v", port, accepts, l)
		}
	}
	return found
}
