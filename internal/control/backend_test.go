package control_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

// pool lists the backends of a load balancer, each as ServerId:Port=Weight.
func (w *world) pool(lb string) (all []string) {
	w.t.Helper()
	for _, b := range w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb}).list("BackendServers") {
		all = append(all, fmt.Sprintf("%s:%s=%v", b.text("ServerId"), b.text("Port"), b["Weight"]))
	}
	return all
}

func items(lb string, list ...string) params {
	return params{"LoadBalancerId": lb, "BackendServers": "[" + strings.Join(list, ",") + "]"}
}

func TestAddBackendServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	a := w.do("AddBackendServers", items(lb,
		`{"ServerId":"i-1","Ip":"10.0.0.1"}`,
		`{"ServerId":"eni-2","Type":"eni","Weight":"50","Ip":"10.0.0.2","Port":8080}`))
	want := []answer{
		{"Ip": "10.0.0.1", "Port": 0.0, "ServerId": "i-1", "Type": "ens", "Weight": 100.0},
		{"Ip": "10.0.0.2", "Port": 8080.0, "ServerId": "eni-2", "Type": "eni", "Weight": 50.0},
	}
	if diff := cmp.Diff(want, a.list("BackendServers", "BackendServer")); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	w.do("AddBackendServers", items(lb, `{"ServerId":"i-1","Ip":"10.0.0.1","Port":"81"}`)) // on a port of its own
	if diff := cmp.Diff([]string{"i-1:0=100", "eni-2:8080=50", "i-1:81=100"}, w.pool(lb)); diff != "" {
		t.Errorf("pool (-want +got):\n%s", diff)
	}
}

// A call adds all or nothing: refuse checks that nothing was written.
func TestAddBackendServersRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.do("AddBackendServers", items(lb, `{"ServerId":"i-1","Ip":"10.0.0.1"}`))
	good := `{"ServerId":"i-9","Ip":"10.0.0.9"}`
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf(`{"ServerId":"i-x%d","Ip":"10.0.0.9"}`, i))
	}
	for _, tt := range []struct {
		name string
		p    params
		want string
	}{
		{"one that is there", items(lb, good, `{"ServerId":"i-1","Ip":"10.0.0.1"}`), "BackendServerAlreadyExists"},
		{"one that is there, with another address", items(lb, good, `{"ServerId":"i-1","Ip":"10.0.0.2"}`), "BackendServerAlreadyExists"},
		{"one twice", items(lb, good, good), "BackendServerAlreadyExists"},
		{"one without an address", items(lb, good, `{"ServerId":"i-2"}`), "MissingIp"},
		{"more than 20", items(lb, many...), "InvalidBackendServers"},
		{"an unknown load balancer", items("lb-none", good), "LoadBalancerNotFound"},
		{"no backends", params{"LoadBalancerId": lb}, "MissingBackendServers"},
	} {
		t.Run(tt.name, func(t *testing.T) { w.refuse("AddBackendServers", tt.p, tt.want) })
	}
}

func TestAddBackendServersToAFullPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.put(func(tx *store.Tx) {
		full, _ := store.LoadBalancers.Get(tx, lb)
		for i := range 500 {
			full.Backends = append(full.Backends, elb.Backend{ServerID: fmt.Sprint("i-", i)})
		}
		store.LoadBalancers.Put(tx, full)
	})
	w.refuse("AddBackendServers", items(lb, `{"ServerId":"i-new","Ip":"10.0.0.9"}`), "TooManyBackendServers")
}

// Concurrent calls for one pool do not lose each other's backends.
func TestConcurrentAddBackendServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	const callers = 20
	var wg sync.WaitGroup
	for i := range callers {
		p := items(lb, fmt.Sprintf(`{"ServerId":"i-%d","Ip":"10.0.0.1"}`, i))
		wg.Go(func() {
			if _, err := w.try(t.Context(), "AddBackendServers", p); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(w.pool(lb)); n != callers {
		t.Errorf("got %d backends, want %d", n, callers)
	}
}

// fivePool creates a pool of three servers, one of them on three ports.
func fivePool(t *testing.T) (w *world, lb string) {
	w = newWorld(t)
	lb = w.loadBalancer()
	w.do("AddBackendServers", items(lb,
		`{"ServerId":"i-1","Ip":"10.0.0.1"}`,
		`{"ServerId":"i-2","Ip":"10.0.0.2","Port":81}`,
		`{"ServerId":"i-2","Ip":"10.0.0.3","Port":82}`,
		`{"ServerId":"i-2","Ip":"10.0.0.3","Port":83}`,
		`{"ServerId":"i-3","Ip":"10.0.0.4"}`))
	return w, lb
}

func TestSetBackendServers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		item []string
		want []string
	}{
		{"by id", []string{`{"ServerId":"i-1","Weight":0}`}, []string{"i-1:0=0", "i-2:81=100", "i-2:82=100", "i-2:83=100", "i-3:0=100"}},
		{"every port", []string{`{"ServerId":"i-2","Weight":"7"}`}, []string{"i-1:0=100", "i-2:81=7", "i-2:82=7", "i-2:83=7", "i-3:0=100"}},
		{"one port", []string{`{"ServerId":"i-2","Weight":7,"Port":"82"}`}, []string{"i-1:0=100", "i-2:81=100", "i-2:82=7", "i-2:83=100", "i-3:0=100"}},
		{"one address", []string{`{"ServerId":"i-2","Weight":7,"Ip":"10.0.0.3"}`}, []string{"i-1:0=100", "i-2:81=100", "i-2:82=7", "i-2:83=7", "i-3:0=100"}},
		{"the last wins", []string{`{"ServerId":"i-2","Weight":7}`, `{"ServerId":"i-2","Weight":8,"Port":81}`}, []string{"i-1:0=100", "i-2:81=8", "i-2:82=7", "i-2:83=7", "i-3:0=100"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, lb := fivePool(t)
			w.do("SetBackendServers", items(lb, tt.item...))
			if diff := cmp.Diff(tt.want, w.pool(lb)); diff != "" {
				t.Errorf("pool (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRemoveBackendServers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		item []string
		want []string
	}{
		{"by id", []string{`{"ServerId":"i-1"}`}, []string{"i-2:81=100", "i-2:82=100", "i-2:83=100", "i-3:0=100"}},
		{"every port", []string{`{"ServerId":"i-2"}`}, []string{"i-1:0=100", "i-3:0=100"}},
		{"every port, as the old SDK writes it", []string{`{"ServerId":"i-2","Port":"","Ip":"","Weight":"","Type":""}`}, []string{"i-1:0=100", "i-3:0=100"}},
		{"no port of its own", []string{`{"ServerId":"i-1","Port":"0","Ip":"10.0.0.1"}`}, []string{"i-2:81=100", "i-2:82=100", "i-2:83=100", "i-3:0=100"}},
		{"one port", []string{`{"ServerId":"i-2","Port":82}`}, []string{"i-1:0=100", "i-2:81=100", "i-2:83=100", "i-3:0=100"}},
		{"several", []string{`{"ServerId":"i-2"}`, `{"ServerId":"i-3","Weight":"100","Type":"ens"}`}, []string{"i-1:0=100"}},
		{"all", []string{`{"ServerId":"i-1"}`, `{"ServerId":"i-2"}`, `{"ServerId":"i-3"}`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, lb := fivePool(t)
			w.do("RemoveBackendServers", items(lb, tt.item...))
			if diff := cmp.Diff(tt.want, w.pool(lb)); diff != "" {
				t.Errorf("pool (-want +got):\n%s", diff)
			}
		})
	}
}

// A Port of 0 means the backend without a port of its own, as Describe reports it,
// and not every port of its server.
func TestPortZeroIsOneBackend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.do("AddBackendServers", items(lb,
		`{"ServerId":"i-s","Ip":"10.0.0.1","Port":21101}`,
		`{"ServerId":"i-s","Ip":"10.0.0.1","Port":21102}`,
		`{"ServerId":"i-s","Ip":"10.0.0.1"}`))
	w.do("SetBackendServers", items(lb, `{"ServerId":"i-s","Weight":7,"Port":0}`))
	if diff := cmp.Diff([]string{"i-s:21101=100", "i-s:21102=100", "i-s:0=7"}, w.pool(lb)); diff != "" {
		t.Errorf("after Set (-want +got):\n%s", diff)
	}
	w.do("RemoveBackendServers", items(lb, `{"ServerId":"i-s","Ip":"10.0.0.1","Port":"0"}`))
	if diff := cmp.Diff([]string{"i-s:21101=100", "i-s:21102=100"}, w.pool(lb)); diff != "" {
		t.Errorf("after Remove (-want +got):\n%s", diff)
	}
	for _, action := range []string{"SetBackendServers", "RemoveBackendServers"} {
		w.refuse(action, items(lb, `{"ServerId":"i-s","Weight":1,"Port":0}`), "BackendServerNotFound")
	}
}

func TestSetAndRemoveAnswerWhatTheyDidOrRefuse(t *testing.T) {
	t.Parallel()
	w, lb := fivePool(t)
	for _, action := range []string{"SetBackendServers", "RemoveBackendServers"} {
		w.refuse(action, items(lb, `{"ServerId":"i-1","Weight":1}`, `{"ServerId":"i-none","Weight":1}`), "BackendServerNotFound")
		w.refuse(action, items(lb, `{"ServerId":"i-2","Weight":1,"Port":"99"}`), "BackendServerNotFound")
		w.refuse(action, items("lb-none", `{"ServerId":"i-1","Weight":1}`), "LoadBalancerNotFound")
		got := w.do(action, items(lb, `{"ServerId":"i-2","Weight":9,"Port":"82"}`)).list("BackendServers", "BackendServer")
		want := []answer{{"Ip": "10.0.0.3", "Port": 82.0, "ServerId": "i-2", "Type": "ens", "Weight": 9.0}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
	w.refuse("SetBackendServers", items(lb, `{"ServerId":"i-1"}`), "MissingWeight")
}
