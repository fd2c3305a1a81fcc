package manifest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"elbow/internal/api"
)

// A recorder is a server that records calls. What it creates has the ids 100 and
// lb-9.
type recorder struct {
	calls   []recorded
	refuses string // the operation that it refuses
	answers map[string]string
}

type recorded struct {
	action string
	params map[string]string
}

var errRefused = errors.New("QuotaExceeded: no more")

func (r *recorder) call(_ context.Context, version, action string, params map[string]string) ([]byte, error) {
	if _, ok := api.Lookup(version, action); !ok {
		return nil, errors.New("no operation " + action)
	}
	r.calls = append(r.calls, recorded{action, maps.Clone(params)})
	if action == r.refuses {
		return nil, errRefused
	}
	if text, ok := r.answers[action]; ok {
		return []byte(text), nil
	}
	return []byte(`{"RequestId":"R","CertId":100,"LoadBalancerId":"lb-9"}`), nil
}

func (r *recorder) actions() (all []string) {
	for _, c := range r.calls {
		all = append(all, c.action)
	}
	return all
}

// Later calls identify a created resource by its id.
func TestApply(t *testing.T) {
	state := new(State)
	steps, err := planOf(t, shop, state, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var made recorder
	var done []string
	if err := Apply(t.Context(), made.call, steps, state, func(s Step) { done = append(done, s.What) }); err != nil {
		t.Fatal(err)
	}
	want := []string{"CreateLoadBalancer", "AddBackendServers", "CreateLoadBalancerHTTPSListener", "StartLoadBalancerListener"}
	if got := made.actions(); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for _, c := range made.calls[1:] {
		if c.params["LoadBalancerId"] != "lb-9" {
			t.Errorf("%s is about %q", c.action, c.params["LoadBalancerId"])
		}
	}
	if got := strings.Join(done, ", "); got != "load balancer shop, backends of shop, listener shop:443" {
		t.Errorf("done: %s", got)
	}
	// The steps are unchanged: applying them again makes the same calls.
	var again recorder
	if err := Apply(t.Context(), again.call, steps, state, func(Step) {}); err != nil || !slices.EqualFunc(made.calls, again.calls, func(a, b recorded) bool {
		return a.action == b.action && maps.Equal(a.params, b.params)
	}) {
		t.Errorf("again: %v, %+v, want %+v", err, again.calls, made.calls)
	}
}

// Apply ends at the call that is refused, whichever it is, and says of what step it was:
// what came before is done and told, nothing after it is tried.
func TestApplyEndsWhereItIsRefused(t *testing.T) {
	for i, refuses := range []string{"CreateLoadBalancer", "AddBackendServers", "CreateLoadBalancerHTTPSListener", "StartLoadBalancerListener"} {
		state := new(State)
		steps, err := planOf(t, shop, state, Options{})
		if err != nil {
			t.Fatal(err)
		}
		made, done := recorder{refuses: refuses}, 0
		err = Apply(t.Context(), made.call, steps, state, func(Step) { done++ })
		if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), refuses) {
			t.Errorf("%s: got %v", refuses, err)
		}
		if len(made.calls) != i+1 || done != min(i, 2) {
			t.Errorf("%s: %d calls and %d steps done, want %d and %d", refuses, len(made.calls), done, i+1, min(i, 2))
		}
	}
}

// An answer that cannot be read is an error of its call, and no id is made up.
func TestApplyOfAnUnreadableAnswer(t *testing.T) {
	state := new(State)
	steps, err := planOf(t, shop, state, Options{})
	if err != nil {
		t.Fatal(err)
	}
	made := recorder{answers: map[string]string{"CreateLoadBalancer": "<html>"}}
	err = Apply(t.Context(), made.call, steps, state, func(Step) {})
	if err == nil || !strings.Contains(err.Error(), "answer of CreateLoadBalancer") || len(made.calls) != 1 {
		t.Errorf("got %v after %v", err, made.actions())
	}
}
