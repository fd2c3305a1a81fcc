package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/api"
	"elbow/internal/manifest"
	"elbow/internal/rpc"
)

// An answerer answers the calls of an operation with its texts in order, and then always
// with the last one.
type answerer struct {
	*rpc.Client
	calls map[string]int
}

func answers(t *testing.T, texts map[string][]string) *answerer {
	t.Helper()
	a := &answerer{calls: make(map[string]int)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.Header.Get("X-Acs-Action")
		all := texts[action]
		if len(all) == 0 {
			t.Errorf("%s was called", action)
			return
		}
		text := all[min(a.calls[action], len(all)-1)] // one call at a time
		a.calls[action]++
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(text, `"Code"`) {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	a.Client = &rpc.Client{Endpoint: server.URL, AccessKeyID: "key", Secret: "secret"}
	return a
}

func TestParseWait(t *testing.T) {
	for text, want := range map[string]string{
		"Status=Running": "", "length(ListenerPorts)=0": "", "a=": "",
		"Backends[?Weight=='1']|[0].Id=x": "", // the last equals sign counts
		"":                                "want FIELD=VALUE", "Status": "want FIELD=VALUE", "=Running": "want FIELD=VALUE",
		"a[=b": "--wait: ",
	} {
		w, err := parseWait(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want %q", text, w, err, want)
		}
	}
}

// A wait ends when the field has the value, at once if that cannot happen, and at its
// timeout with the value that the field has then.
func TestWait(t *testing.T) {
	const action = "DescribeLoadBalancerAttribute"
	op, _ := api.Lookup(api.EnsVersion, action)
	inactive, active := `{"RequestId":"R","LoadBalancerStatus":"InActive"}`, `{"RequestId":"R","LoadBalancerStatus":"Active"}`
	for name, tt := range map[string]struct {
		texts    []string
		wait     string
		patience time.Duration
		err      string // in the error; "": none
		progress string
		calls    int
	}{
		"there":         {[]string{active}, "LoadBalancerStatus=Active", time.Minute, "", "", 1},
		"after a while": {[]string{inactive, active}, "LoadBalancerStatus=Active", time.Minute, "", "waiting for LoadBalancerStatus=Active: it is InActive", 2},
		"too late":      {[]string{inactive}, "LoadBalancerStatus=Active", time.Nanosecond, "at the end of --wait-timeout it is still InActive", "", 1},
		"no such field": {[]string{active}, "Status=Active", time.Minute, "has no field Status", "", 1},
		"gone":          {[]string{`{"RequestId":"R"}`}, "LoadBalancerStatus=Active", time.Minute, "not found: the server has no LoadBalancerId lb-1", "", 1},
		"to be gone":    {[]string{active, `{"RequestId":"R"}`}, "LoadBalancerStatus=null", time.Minute, "", "it is Active", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := parseWait(tt.wait)
			if err != nil {
				t.Fatal(err)
			}
			server := answers(t, map[string][]string{action: tt.texts})
			var progress bytes.Buffer
			body, err := w.until(t.Context(), tt.patience, server.Client, op, map[string]string{"LoadBalancerId": "lb-1"}, &progress)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %s, %v, want %q", body, err, tt.err)
			}
			if server.calls[action] != tt.calls || !strings.Contains(progress.String(), tt.progress) {
				t.Errorf("%d calls and %q, want %d and %q", server.calls[action], &progress, tt.calls, tt.progress)
			}
		})
	}
}

// Listeners that should not run are not waited for.
func TestAwaitListeners(t *testing.T) {
	m, err := manifest.Read([]byte(`LoadBalancers:
- LoadBalancerName: shop
  Listeners:
  - {ListenerPort: 443, ServerCertificateId: "1", HealthCheck: off}
  - {ListenerPort: 444, ServerCertificateId: "1", HealthCheck: off, Status: Stopped}
`), ".")
	if err != nil {
		t.Fatal(err)
	}
	balancers := []string{`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1","LoadBalancerName":"shop"}]},"TotalCount":1}`}
	listener := func(status string) string {
		return `{"Listeners":{"Listener":[{"ListenerPort":"443","Protocol":"https","Status":"` + status + `","StatusReason":"the port is taken"}]},"TotalCount":1}`
	}
	for name, tt := range map[string]struct {
		texts []string
		ready time.Duration
	}{
		"running":      {[]string{listener("running")}, time.Minute},
		"later":        {[]string{listener("starting"), listener("running")}, time.Minute},
		"not asked to": {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := answers(t, map[string][]string{"DescribeLoadBalancers": balancers, "DescribeLoadBalancerListeners": tt.texts})
			var out bytes.Buffer
			err := (&Apply{Ready: tt.ready}).awaitListeners(t.Context(), server.Client, m, NewScreen(&out))
			if err != nil || out.Len() > 0 {
				t.Errorf("got %q, %v", &out, err)
			}
		})
	}
}

// The timeout reports what was seen last, even if it passes during a call.
func TestAwaitListenersEndsDuringACall(t *testing.T) {
	m, err := manifest.Read([]byte("LoadBalancers: [{LoadBalancerName: shop, Listeners: [{ListenerPort: 443, ServerCertificateId: 1, HealthCheck: off}]}]"), ".")
	if err != nil {
		t.Fatal(err)
	}
	ctx, over := context.WithCancel(t.Context())
	defer over()
	looks := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("X-Acs-Action") {
		case "DescribeLoadBalancers":
			_, _ = io.WriteString(w, `{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1","LoadBalancerName":"shop"}]},"TotalCount":1}`)
		default:
			if looks++; looks == 2 {
				over()
				_, _ = io.Copy(io.Discard, r.Body) // net/http notices a disconnected client only after the body was read
				<-r.Context().Done()
			}
			_, _ = io.WriteString(w, `{"Listeners":{"Listener":[{"ListenerPort":"443","Protocol":"https","Status":"starting","StatusReason":"the port is taken"}]},"TotalCount":1}`)
		}
	}))
	defer server.Close()
	var out bytes.Buffer
	client := &rpc.Client{Endpoint: server.URL, AccessKeyID: "key", Secret: "secret"}
	err = (&Apply{Ready: time.Minute}).awaitListeners(ctx, client, m, NewScreen(&out))
	if want := "Not running after 1m0s:\n  shop:443 starting the port is taken\n"; err == nil || out.String() != want {
		t.Errorf("got %q, %v, want %q", &out, err, want)
	}
}

// A call that is throttled is retried, one that is refused is not.
func TestCaller(t *testing.T) {
	throttled := `{"RequestId":"R","Code":"Throttling.User","Message":"Slowly."}`
	server := answers(t, map[string][]string{
		"DescribeLoadBalancers": {throttled, `{"TotalCount":0}`},
		"DescribeNetworks":      {`{"RequestId":"R","Code":"NoPermission","Message":"No."}`},
	})
	call := Caller(server.Client)
	if body, err := call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil); err != nil || string(body) != `{"TotalCount":0}` || server.calls["DescribeLoadBalancers"] != 2 {
		t.Errorf("got %s, %v after %v", body, err, server.calls)
	}
	if _, err := call(t.Context(), api.EnsVersion, "DescribeNetworks", nil); err == nil || err.Error() != "NoPermission: No. (RequestId R)" || server.calls["DescribeNetworks"] != 1 {
		t.Errorf("got %v after %v", err, server.calls)
	}
	server = answers(t, map[string][]string{"DescribeLoadBalancers": {throttled}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Caller(server.Client)(ctx, api.EnsVersion, "DescribeLoadBalancers", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("at the end of the context: %v", err)
	}
}

// Without a terminal to ask at, nothing is changed unless --yes is given.
func TestAskNobody(t *testing.T) {
	cmd := new(cobra.Command)
	cmd.SetIn(strings.NewReader("y\n"))
	if err := Ask(cmd, "Sure?"); !errors.Is(err, ErrNobody) {
		t.Errorf("got %v", err)
	}
	for _, o := range []struct {
		Apply
		want error
	}{{Apply{Yes: true, File: "-"}, nil}, {Apply{File: "-"}, ErrNobody}, {Apply{File: "site.yaml"}, ErrNobody}} {
		if err := o.confirm(cmd, 1); !errors.Is(err, o.want) {
			t.Errorf("%+v: got %v", o.Apply, err)
		}
	}
}
