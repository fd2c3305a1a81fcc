package manifest

import (
	"context"
	"maps"
	"strings"
	"testing"
)

// A load balancer that is released between the list and the look at it is not
// taken for one without a name.
func TestFetchLeavesOutWhatWasReleased(t *testing.T) {
	call := func(_ context.Context, _, action string, params map[string]string) ([]byte, error) {
		switch {
		case action == "DescribeLoadBalancers":
			return []byte(`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1","LoadBalancerName":"a"},{"LoadBalancerId":"lb-2","LoadBalancerName":"b"}]},"TotalCount":2}`), nil
		case action == "DescribeLoadBalancerAttribute" && params["LoadBalancerId"] == "lb-2":
			return []byte(`{"RequestId":"R","LoadBalancerId":"lb-2","LoadBalancerName":"b"}`), nil
		}
		return []byte(`{"RequestId":"R"}`), nil
	}
	s, err := Fetch(t.Context(), call, nil)
	if err != nil || len(s.LoadBalancers) != 1 || s.LoadBalancers[0].ID != "lb-2" {
		t.Errorf("got %+v, %v, want lb-2 alone", s, err)
	}
}

// A listener is read in the form in which a file has it: numbers as texts, what is of a
// call and not of the listener left out.
func TestFetchListener(t *testing.T) {
	answers := map[string]string{
		"ListUserCertificateOrder":                   `{"CertificateOrderList":[{"CertificateId":7,"Name":"shop","Sha2":"AA"}],"TotalCount":1}`,
		"DescribeLoadBalancers":                      `{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1","LoadBalancerName":"shop"}]},"TotalCount":1}`,
		"DescribeLoadBalancerAttribute":              `{"LoadBalancerId":"lb-1","LoadBalancerName":"shop","LoadBalancerStatus":"Active","ListenerPortsAndProtocols":[{"ListenerPort":443,"ListenerProtocol":"https"}],"BackendServers":[{"ServerId":"i-a","Ip":"10.0.0.1","Port":"","Type":"ens","Weight":7}]}`,
		"DescribeLoadBalancerHTTPSListenerAttribute": `{"RequestId":"R","ListenerPort":443,"Status":"Stopped","ServerCertificateId":"7","IdleTimeout":15,"Scheduler":"wrr","HealthCheck":"off","BackendHealth":[]}`,
	}
	server := recorder{answers: answers}
	s, err := Fetch(t.Context(), server.call, nil)
	if err != nil || len(s.LoadBalancers) != 1 || len(s.LoadBalancers[0].Listeners) != 1 || len(s.LoadBalancers[0].Backends) != 1 {
		t.Fatalf("got %+v, %v", s, err)
	}
	l := s.LoadBalancers[0].Listeners[0]
	if l.Running || l.Port != "443" || l.Fields["IdleTimeout"] != "15" || l.Fields["ServerCertificateId"] != "7" || l.Fields["Status"] != "" {
		t.Errorf("got %+v", l)
	}
	if b := s.LoadBalancers[0].Backends[0]; b.Port != "0" || b.Weight != "7" {
		t.Errorf("got %+v", b)
	}
	if !s.Uses("7") || s.Uses("8") {
		t.Error("which certificate is used is wrong")
	}
	for action := range answers { // whichever answer is broken or refused, nothing is taken for the state
		server := recorder{answers: map[string]string{}, refuses: action}
		for name, text := range answers {
			server.answers[name] = text
		}
		if s, err := Fetch(t.Context(), server.call, nil); err == nil {
			t.Errorf("%s refused: got %+v", action, s)
		}
		server.refuses, server.answers[action] = "", answers[action][:len(answers[action])/2]
		if s, err := Fetch(t.Context(), server.call, nil); err == nil || !strings.Contains(err.Error(), action) {
			t.Errorf("%s cut off: got %+v, %v", action, s, err)
		}
	}
}

// The API lists newest first; a file has the order of creation. One load balancer that is
// listed on two pages, because another was created between them, is not two of one name.
func TestFetchIsOldestFirst(t *testing.T) {
	call := func(_ context.Context, _, action string, params map[string]string) ([]byte, error) {
		switch {
		case action == "DescribeLoadBalancers" && params["PageNumber"] == "1":
			return []byte(`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-3","LoadBalancerName":"c"},{"LoadBalancerId":"lb-2","LoadBalancerName":"b"}]},"TotalCount":3}`), nil
		case action == "DescribeLoadBalancers":
			return []byte(`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-2","LoadBalancerName":"b"},{"LoadBalancerId":"lb-1","LoadBalancerName":"a"}]},"TotalCount":4}`), nil
		case action == "DescribeLoadBalancerAttribute":
			id := params["LoadBalancerId"]
			return []byte(`{"LoadBalancerId":"` + id + `","LoadBalancerName":"` + map[string]string{"lb-1": "a", "lb-2": "b", "lb-3": "c"}[id] + `"}`), nil
		}
		return []byte(`{"RequestId":"R"}`), nil
	}
	s, err := Fetch(t.Context(), call, nil)
	if err != nil || len(s.LoadBalancers) != 3 {
		t.Fatalf("got %+v, %v", s, err)
	}
	for i, lb := range s.LoadBalancers {
		if want := []string{"lb-1", "lb-2", "lb-3"}[i]; lb.ID != want || lb.Shared {
			t.Errorf("entry %d is %s, shared %t, want %s", i, lb.ID, lb.Shared, want)
		}
	}
}

// The listeners of an entry without an id are those of the load balancers of its name
// that no other entry means.
func TestListenersByName(t *testing.T) {
	m, err := Read([]byte("LoadBalancers: [{LoadBalancerName: shop}, {LoadBalancerName: shop, LoadBalancerId: lb-1}]"), ".")
	if err != nil {
		t.Fatal(err)
	}
	server := func(_ context.Context, _, action string, params map[string]string) ([]byte, error) {
		if action == "DescribeLoadBalancers" {
			if params["LoadBalancerId"] == "lb-1" {
				return []byte(`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1"}]},"TotalCount":1}`), nil
			}
			return []byte(`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1"},{"LoadBalancerId":"lb-2"}]},"TotalCount":2}`), nil
		}
		of := map[string]string{
			"lb-1 1": `{"ListenerPort":"443","Protocol":"https","Status":"running"}`,
			"lb-2 1": `{"ListenerPort":"443","Protocol":"https","Status":"stopped"}`,
			"lb-2 2": `{"ListenerPort":"443","Protocol":"udp","Status":"starting","StatusReason":"taken"}`,
		}
		one, total := of[params["LoadBalancerId"]+" "+params["PageNumber"]], map[string]string{"lb-1": "1", "lb-2": "2"}[params["LoadBalancerId"]]
		return []byte(`{"Listeners":{"Listener":[` + one + `]},"TotalCount":` + total + `}`), nil
	}
	for i, want := range []map[string]ListenerStatus{
		{"443": {"stopped", ""}, "443/udp": {"starting", "taken"}},
		{"443": {"running", ""}},
	} {
		got, err := Listeners(t.Context(), server, m, m.LoadBalancers[i])
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("entry %d: got %v, %v, want %v", i, got, err, want)
		}
	}
}
