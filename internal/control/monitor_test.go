package control_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"elbow/internal/control"
	"elbow/internal/history"
)

// A TCP and a UDP listener on one port have samples of their own.
func TestMonitorOfASharedPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	past := history.Open(t.TempDir(), 1<<20, slog.New(slog.DiscardHandler))
	w.service = control.New(control.Config{Store: w.store, Now: w.clock, History: past})
	w.handlers = w.service.Handlers()
	lb := w.loadBalancer()
	w.do("CreateLoadBalancerTCPListener", on(lb, "53"))
	w.do("CreateLoadBalancerUDPListener", on(lb, "53"))
	past.Append(today.Unix()/60-1, map[string][]history.Sample{lb: {
		{Port: 53, Accepted: 5, BytesIn: 50}, {Port: 53 + history.UDP, Accepted: 7, BytesIn: 70},
	}})
	for _, tt := range []struct {
		proto string
		want  string
	}{
		{"tcp", "[53 tcp 5 50]"}, {"udp", "[53 udp 7 70]"}, {"", "[53 tcp 5 50] [53 udp 7 70]"},
	} {
		p := params{
			"LoadBalancerId": lb, "VPort": "53", "StartTime": today.Add(-time.Hour).Format(time.DateTime), "EndTime": today.Format(time.DateTime),
		}
		if tt.proto != "" {
			p["Proto"] = tt.proto
		}
		got := ""
		for _, one := range w.do("DescribeLoadBalancerListenMonitor", p)["LoadBalancerMonitorListenData"].([]any) {
			m := one.(map[string]any)
			if got != "" {
				got += " "
			}
			got += fmt.Sprint([]any{m["VPort"], m["Proto"], m["Conns"], m["InBytes"]})
		}
		if got != tt.want {
			t.Errorf("Proto %q: got %s, want %s", tt.proto, got, tt.want)
		}
	}
	w.refuse("DescribeLoadBalancerListenMonitor", params{
		"LoadBalancerId": lb, "VPort": "53", "Proto": "https", "StartTime": today.Add(-time.Hour).Format(time.DateTime), "EndTime": today.Format(time.DateTime),
	}, "ListenerNotFound")
}
