package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/control"
	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/ram"
	"elbow/internal/store"
	"elbow/internal/store/embedded"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// today is the time in a world until a test moves it.
var today = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)

// A world is a service after its first start, on a new etcd.
type world struct {
	t        testing.TB
	service  *control.Service
	handlers map[string]control.Handler
	store    *store.Store
	member   *embedded.Member
	who      ram.Identity // the caller

	mu  sync.Mutex
	now time.Time // guarded by mu
}

func newWorld(t testing.TB) *world { return newWorldIn(t, "127.8.0.0/16") }

func newWorldIn(t testing.TB, cidr string) *world {
	t.Helper()
	member, err := embedded.Start(t.Context(), embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Close)
	s, err := store.New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := &world{t: t, store: s, member: member, now: today, who: ram.Identity{AccountID: "1000", UserID: "1000"}}
	w.service = control.New(control.Config{Store: s, Now: w.clock})
	w.handlers = w.service.Handlers()
	err = w.service.Bootstrap(t.Context(), control.BootstrapConfig{
		AccessKeyID: "root", Secret: "secret", Region: "local", VSwitch: netip.MustParsePrefix(cidr),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) setTime(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now
}

// params are the parameters of a call as a client sends them.
type params map[string]string

func (p params) with(more params) params {
	all := params{}
	maps.Copy(all, p)
	maps.Copy(all, more)
	return all
}

func (p params) without(name string) params {
	all := maps.Clone(p)
	delete(all, name)
	return all
}

// try does what the gateway does with an authorized call.
func (w *world) try(ctx context.Context, action string, p params) (any, error) {
	for _, op := range api.Operations() {
		if op.Name == action {
			in := op.New()
			if err := api.Bind(in, p); err != nil {
				return nil, err
			}
			return w.handlers[op.Action()](ctx, w.who, in)
		}
	}
	w.t.Fatalf("no operation %s", action)
	return nil, nil
}

// do makes a call that must succeed and returns its answer as decoded by a
// client.
func (w *world) do(action string, p params) answer {
	w.t.Helper()
	out, err := w.try(w.t.Context(), action, p)
	if err != nil {
		w.t.Fatalf("%s %v: %v", action, p, err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		w.t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// refuse makes a call that must fail with code and change nothing.
func (w *world) refuse(action string, p params, code string) {
	w.t.Helper()
	before := w.revision()
	_, err := w.try(w.t.Context(), action, p)
	if got := codeOf(err); got != code {
		w.t.Errorf("%s %v: got %q (%v), want %q", action, p, got, err, code)
	}
	if after := w.revision(); after != before {
		w.t.Errorf("%s %v: refused and changed the store all the same", action, p)
	}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Code
	}
	if err != nil {
		return "internal"
	}
	return ""
}

// revision is the revision of the store.
func (w *world) revision() int64 {
	w.t.Helper()
	resp, err := w.member.Client().Get(w.t.Context(), "/elbow/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.Header.GetRevision()
}

// put writes into the store, bypassing the API.
func (w *world) put(fn func(*store.Tx)) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx *store.Tx) error { fn(tx); return nil })
	if err != nil {
		w.t.Fatal(err)
	}
}

// report writes a node's status of a listener.
func (w *world) report(status elb.ListenerStatus) {
	w.t.Helper()
	if err := w.store.ReportStatus(w.t.Context(), "node", []elb.ListenerStatus{status}, nil); err != nil {
		w.t.Fatal(err)
	}
}

// An answer is the decoded JSON of an answer.
type answer map[string]any

// text is the text at a path of names.
func (a answer) text(path ...string) string {
	var v any = map[string]any(a)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

// list is the array at a path of names.
func (a answer) list(path ...string) (all []answer) {
	var v any = map[string]any(a)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	items, _ := v.([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		all = append(all, m)
	}
	return all
}

// texts are the texts under name in each entry of a list.
func texts(list []answer, name string) (all []string) {
	for _, a := range list {
		all = append(all, a.text(name))
	}
	return all
}

// The table of operations and the handlers of the service are the same set.
func TestEveryOperationHasAHandler(t *testing.T) {
	handlers := control.New(control.Config{}).Handlers()
	for _, op := range api.Operations() {
		if handlers[op.Action()] == nil {
			t.Errorf("%s has no handler", op.Action())
		}
		delete(handlers, op.Action())
	}
	for action := range handlers {
		t.Errorf("%s is not in the table", action)
	}
}

// Without a store every call fails with the store's error: the gateway turns it
// into ens.interface.error.
func TestCallsWithoutAStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	id := w.certificate("web")
	w.member.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		action string
		p      params
	}{
		{"CreateLoadBalancerHTTPSListener", listener(lb, id)},
		{"DescribeLoadBalancerHTTPSListenerAttribute", params{"LoadBalancerId": lb, "ListenerPort": "443"}},
		{"CreateLoadBalancer", newLoadBalancer},
		{"DescribeLoadBalancers", nil},
		{"DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb}},
		{"AddBackendServers", params{"LoadBalancerId": lb, "BackendServers": `[{"ServerId":"i-1","Ip":"10.0.0.1"}]`}},
		{"UploadUserCertificate", uploadOf(t, "web2")},
		{"ListUserCertificateOrder", nil},
		{"CreateUser", params{"UserName": "alice"}},
		{"ListPolicies", nil},
	} {
		if _, err := w.try(ctx, tt.action, tt.p); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", tt.action, err)
		}
	}
}
