package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"elbow/internal/elb"
)

func equal(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestSetHTTPSListener(t *testing.T) {
	key := map[string]string{"LoadBalancerId": "lb-1", "ListenerPort": "443"}
	for _, tt := range []struct {
		what   string
		stored map[string]string // besides validListener
		set    map[string]string
		want   map[string]string // besides validListener; nil for a refused call
		code   string
	}{
		{
			what: "nothing given leaves everything", stored: map[string]string{"Scheduler": "wlc", "IdleTimeout": "7"},
			want: map[string]string{"Scheduler": "wlc", "IdleTimeout": "7"},
		},
		{
			what: "what is given replaces", stored: map[string]string{"Scheduler": "wlc", "IdleTimeout": "7"},
			set: map[string]string{"IdleTimeout": "30"}, want: map[string]string{"Scheduler": "wlc", "IdleTimeout": "30"},
		},
		{
			what: "an empty description clears it", stored: map[string]string{"Description": "old"},
			set: map[string]string{"Description": ""}, want: map[string]string{},
		},
		{
			what: "an empty value of another parameter leaves it", stored: map[string]string{"HealthCheckURI": "/up"},
			set: map[string]string{"HealthCheckURI": ""}, want: map[string]string{"HealthCheckURI": "/up"},
		},
		{
			what: "what stands for the default brings it back", stored: map[string]string{
				"HealthCheckURI": "/up", "HealthCheckDomain": "a.test", "HealthCheckConnectPort": "81",
			},
			set: map[string]string{"HealthCheckURI": "/", "HealthCheckDomain": "$_ip", "HealthCheckConnectPort": "0"}, want: map[string]string{},
		},
		{
			what: "it does so one by one", stored: map[string]string{
				"HealthCheckURI": "/up", "HealthCheckDomain": "a.test", "HealthCheckConnectPort": "81",
			},
			set: map[string]string{"HealthCheckURI": "/"}, want: map[string]string{"HealthCheckDomain": "a.test", "HealthCheckConnectPort": "81"},
		},
		{
			what: "stickiness is switched on with all it needs",
			set:  map[string]string{"StickySession": "on", "StickySessionType": "insert", "CookieTimeout": "9"},
			want: map[string]string{"StickySessionType": "insert", "CookieTimeout": "9"},
		},
		{
			what: "what was stored without effect counts", stored: map[string]string{"StickySession": "off", "StickySessionType": "server", "Cookie": "sid"},
			set: map[string]string{"StickySession": "on"}, want: map[string]string{"StickySessionType": "server", "Cookie": "sid"},
		},
		{what: "on without a type", set: map[string]string{"StickySession": "on"}, code: "MissingStickySessionType"},
		{what: "insert without a timeout", set: map[string]string{"StickySession": "on", "StickySessionType": "insert"}, code: "MissingCookieTimeout"},
		{
			what: "server instead of insert, without a cookie", stored: map[string]string{"StickySessionType": "insert", "CookieTimeout": "9"},
			set: map[string]string{"StickySessionType": "server"}, code: "MissingCookie",
		},
		{
			what: "checks switched on again find what was stored", stored: map[string]string{"HealthCheckInterval": "9"},
			set: map[string]string{"HealthCheck": "on"}, want: map[string]string{"HealthCheckInterval": "9", "HealthCheck": "on"},
		},
		{
			what: "create-only parameters are ignored", stored: map[string]string{"BackendServerPort": "8080"},
			set: map[string]string{"BackendServerPort": "9090", "ListenerForward": "on"}, want: map[string]string{"BackendServerPort": "8080"},
		},
	} {
		t.Run(tt.what, func(t *testing.T) {
			l := bindListener(t, tt.stored).Listener
			before := l
			values := map[string]string{}
			for _, m := range []map[string]string{key, tt.set} {
				for k, v := range m {
					values[k] = v
				}
			}
			in := new(SetLoadBalancerHTTPSListenerAttributeInput)
			if err := Bind(in, values); err != nil {
				t.Fatal(err)
			}
			if got := code(in.Apply(&l)); got != tt.code {
				t.Fatalf("got code %q, want %q", got, tt.code)
			}
			if tt.want == nil {
				equal(t, l, before)
				return
			}
			equal(t, l, bindListener(t, tt.want).Listener)
		})
	}
}

// What is wrong by itself is refused before anything stored is read.
func TestSetHTTPSListenerRefusedAlone(t *testing.T) {
	for name, value := range map[string]string{
		"IdleTimeout": "61", "Cookie": "$a", "HealthCheckURI": "//", "Description": "http://x", "Scheduler": "fifo",
	} {
		in := new(SetLoadBalancerHTTPSListenerAttributeInput)
		err := Bind(in, map[string]string{"LoadBalancerId": "lb-1", "ListenerPort": "443", name: value})
		if got, want := code(err), "Invalid"+name; got != want {
			t.Errorf("%s=%s: got code %q, want %q", name, value, got, want)
		}
	}
}

// What Describe answers is, under the same name, what the row that stored it
// reports.
func TestDescribeAgreesWithTheRows(t *testing.T) {
	in := bindListener(t, map[string]string{
		"ListenerPort": "8443", "ListenerForward": "on", "ForwardPort": "8080", "BackendServerPort": "9000",
		"Description": "d", "Scheduler": "sch", "IdleTimeout": "11", "RequestTimeout": "12",
		"StickySessionType": "server", "CookieTimeout": "13", "Cookie": "sid",
		"HealthCheck": "on", "HealthCheckDomain": "example.com", "HealthCheckURI": "/up", "HealthyThreshold": "4",
		"UnhealthyThreshold": "5", "HealthCheckTimeout": "14", "HealthCheckConnectPort": "9001",
		"HealthCheckInterval": "15", "HealthCheckHttpCode": "http_2xx,http_4xx", "HealthCheckMethod": "get",
	})
	answer := answerOf(t, DescribeHTTPSListener(&in.Listener, Condition{State: elb.Running}))
	for _, r := range in.Params() {
		if r.Name == "LoadBalancerId" {
			continue // the answer has none
		}
		want := r.Var.Value()
		if n, ok := want.(int); ok {
			want = float64(n)
		}
		if got := answer[r.Name]; got != want {
			t.Errorf("%s: got %v, want %v", r.Name, got, want)
		}
	}
	if answer["Status"] != "Running" || answer["Bandwidth"] != -1.0 {
		t.Errorf("got status %v, bandwidth %v, want Running, -1", answer["Status"], answer["Bandwidth"])
	}
}

func TestDescribeWithoutHealthCheck(t *testing.T) {
	in := bindListener(t, map[string]string{"HealthCheckInterval": "15", "HealthCheckConnectPort": "9001"})
	answer := answerOf(t, DescribeHTTPSListener(&in.Listener, Condition{State: elb.Stopped}))
	for _, name := range []string{
		"HealthCheckInterval", "HealthCheckTimeout", "HealthyThreshold", "UnhealthyThreshold",
		"HealthCheckHttpCode", "HealthCheckMethod", "HealthCheckURI", "HealthCheckDomain",
	} {
		if v, ok := answer[name]; ok {
			t.Errorf("%s is there (%v) while the check is off", name, v)
		}
	}
	if got := answer["HealthCheckConnectPort"]; got != 9001.0 {
		t.Errorf("HealthCheckConnectPort: got %v, want 9001", got)
	}
}

// answerOf is an answer as a client reads it.
func answerOf(t *testing.T, out any) map[string]any {
	t.Helper()
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(b, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestTimes(t *testing.T) {
	at := time.Date(2022, 8, 15, 10, 42, 57, 5, time.FixedZone("", 7200))
	if got, want := Timestamp(at), "2022-08-15T08:42:57Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Timestamp(time.Time{}); got != "" {
		t.Errorf("the zero time: got %q, want nothing", got)
	}
	if got, want := Date(at), "2022-08-15"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
