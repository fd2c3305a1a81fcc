package elb

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestBackendAddr(t *testing.T) {
	ip := netip.MustParseAddr("10.0.0.7")
	for _, tt := range []struct {
		what                     string
		own, backend, probe      int
		wantRequests, wantProbes string
	}{
		{"the backend's own port comes first", 9001, 8080, 0, "10.0.0.7:9001", "10.0.0.7:9001"},
		{"then BackendServerPort", 0, 8080, 0, "10.0.0.7:8080", "10.0.0.7:8080"},
		{"then ListenerPort", 0, 0, 0, "10.0.0.7:443", "10.0.0.7:443"},
		{"probes have a port of their own", 9001, 8080, 7000, "10.0.0.7:9001", "10.0.0.7:7000"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			l := &Listener{Port: 443, BackendPort: tt.backend, Check: HealthCheck{ConnectPort: tt.probe}}
			b := Backend{IP: ip, Port: tt.own}
			if got := l.BackendAddr(b).String(); got != tt.wantRequests {
				t.Errorf("requests: got %s, want %s", got, tt.wantRequests)
			}
			if got := l.ProbeAddr(b).String(); got != tt.wantProbes {
				t.Errorf("probes: got %s, want %s", got, tt.wantProbes)
			}
		})
	}
}

func TestEffectiveTimeout(t *testing.T) {
	for _, tt := range []struct{ timeout, interval, want time.Duration }{
		{5 * time.Second, 2 * time.Second, 5 * time.Second},
		{2 * time.Second, 5 * time.Second, 5 * time.Second},
		{5 * time.Second, 5 * time.Second, 5 * time.Second},
	} {
		got := HealthCheck{Timeout: tt.timeout, Interval: tt.interval}.EffectiveTimeout()
		if got != tt.want {
			t.Errorf("timeout %v, interval %v: got %v, want %v", tt.timeout, tt.interval, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		l    Listener
		want string // field at fault
	}{
		{Listener{Port: 443}, ""},
		{Listener{Port: 443, ForwardPort: 443}, ""},
		{Listener{Port: 443, Forward: true, ForwardPort: 80}, ""},
		{Listener{Port: 443, Forward: true, ForwardPort: 443}, "ForwardPort"},
		{Listener{Port: 443, Forward: true}, "ForwardPort"},
	} {
		var got string
		if f, ok := errors.AsType[*FieldError](tt.l.Validate()); ok {
			got = f.Field
		}
		if got != tt.want {
			t.Errorf("forward %v from %d to %d: got field %q, want %q", tt.l.Forward, tt.l.ForwardPort, tt.l.Port, got, tt.want)
		}
	}
}

func TestStateOf(t *testing.T) {
	const last = 7 // revision of the listener's last change
	report := func(s ListenerState, rev int64) ListenerStatus { return ListenerStatus{State: s, Revision: rev} }
	for _, tt := range []struct {
		what    string
		started bool
		reports []ListenerStatus
		want    ListenerState
	}{
		{"never started", false, nil, Stopped},
		{"no node has seen it yet", true, nil, Starting},
		{"a node cannot open it", true, []ListenerStatus{report(Stopped, last)}, Starting},
		{"a node opens it", true, []ListenerStatus{report(Starting, last)}, Starting},
		{"a node serves it", true, []ListenerStatus{report(Running, last)}, Running},
		{"a node serves a later revision of the store", true, []ListenerStatus{report(Running, last+1)}, Running},
		{"a node serves it as it was", true, []ListenerStatus{report(Running, last-1)}, Configuring},
		{"one node of two serves the last change", true, []ListenerStatus{report(Running, last-1), report(Running, last)}, Running},
		{"one node of two cannot", true, []ListenerStatus{report(Stopped, last), report(Running, last)}, Running},
		{"stopped, a node still serves", false, []ListenerStatus{report(Running, last-1)}, Stopping},
		{"stopped, a node drains", false, []ListenerStatus{report(Stopping, last)}, Stopping},
		{"stopped everywhere", false, []ListenerStatus{report(Stopped, last), report(Stopped, last)}, Stopped},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if got := StateOf(tt.started, last, tt.reports); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
