package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	elbow "elbow/internal/api"
)

// A server answers calls as the API does, from its fields.
type server struct {
	balancers    []elbow.LoadBalancer
	listeners    map[string][]elbow.Listener // by load balancer
	backends     []elbow.BackendHealth       // of each listener
	certificates []elbow.CertificateOrder
	refused      map[string]error // by operation
}

func (s *server) call(_ context.Context, version, action string, params map[string]string) ([]byte, error) {
	op, ok := elbow.Lookup(version, action)
	if !ok {
		return nil, errors.New("InvalidAction.NotFound")
	}
	rows := op.New().Params()
	for name := range params {
		if !slices.ContainsFunc(rows, func(p elbow.Param) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%s has no parameter %s", action, name)
		}
	}
	if err := s.refused[action]; err != nil {
		return nil, err
	}
	number := func(names ...string) int {
		for _, name := range names {
			if n, err := strconv.Atoi(params[name]); err == nil {
				return n
			}
		}
		return 1
	}
	size, page := number("PageSize", "ShowSize"), number("PageNumber", "CurrentPage")
	var out any
	switch action {
	case "DescribeLoadBalancers":
		var o elbow.DescribeLoadBalancersOutput
		o.TotalCount = len(s.balancers)
		o.LoadBalancers.LoadBalancer = pageOf(s.balancers, page, size)
		out = o
	case "DescribeLoadBalancerListeners":
		var o elbow.DescribeLoadBalancerListenersOutput
		all := s.listeners[params["LoadBalancerId"]]
		o.TotalCount = len(all)
		o.Listeners.Listener = pageOf(all, page, size)
		out = o
	case "ListUserCertificateOrder":
		var o elbow.ListUserCertificateOrderOutput
		o.TotalCount = int64(len(s.certificates))
		o.CertificateOrderList = pageOf(s.certificates, page, size)
		out = o
	default:
		out = map[string]any{"BackendHealth": s.backends}
	}
	return json.Marshal(out)
}

func pageOf[T any](all []T, page, size int) []T {
	from := min((page-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

func (s *server) examine(t *testing.T) []Finding {
	t.Helper()
	return resources(t.Context(), Patient{Call: s.call})
}

func balancer(name, address string) elbow.LoadBalancer {
	return elbow.LoadBalancer{LoadBalancerID: "lb-" + name, LoadBalancerName: name, Address: address}
}

func TestResourcesWithoutCredentials(t *testing.T) {
	check(t, resources(t.Context(), Patient{}), want{OK, "resources", "there are no credentials", "as elbow call does"})
}

// A healthy node is reported as such, with the number of resources checked.
func TestResourcesWell(t *testing.T) {
	s := server{
		balancers: []elbow.LoadBalancer{balancer("shop", "127.0.0.1"), balancer("blog", "127.0.0.1")},
		listeners: map[string][]elbow.Listener{"lb-shop": {{ListenerPort: "443", Protocol: "https"}}},
		backends:  []elbow.BackendHealth{{Address: "10.0.0.1:80", HealthStatus: "normal"}},
		certificates: []elbow.CertificateOrder{{
			Name: "shop", CertStartTime: time.Now().Add(-time.Hour).UnixMilli(), CertEndTime: time.Now().Add(90 * 24 * time.Hour).UnixMilli(),
		}},
	}
	check(t, s.examine(t), want{OK, "resources", "2 load balancers, nothing to find fault with", ""})
}

func TestResourcesThatAreWrong(t *testing.T) {
	now := time.Now()
	certificate := func(from, to time.Duration) []elbow.CertificateOrder {
		return []elbow.CertificateOrder{{
			Name: "shop", CertStartTime: now.Add(from).UnixMilli(), CertEndTime: now.Add(to).UnixMilli(),
			StartDate: now.Add(from).Format(time.DateOnly), EndDate: now.Add(to).Format(time.DateOnly),
		}}
	}
	listener := map[string][]elbow.Listener{"lb-shop": {{ListenerPort: "443", Protocol: "https"}}}
	local := []elbow.LoadBalancer{balancer("shop", "127.0.0.1")}
	for name, tt := range map[string]struct {
		server
		wanted want
	}{
		"address elsewhere": {server{balancers: []elbow.LoadBalancer{balancer("shop", "192.0.2.1")}}, want{Failure, "address", "192.0.2.1 of load balancer shop", "-manage-addresses"}},
		"listener": {
			server{balancers: local, listeners: map[string][]elbow.Listener{"lb-shop": {{ListenerPort: "443", StatusReason: "the port is taken"}}}},
			want{Failure, "listener", "shop:443 is not running: the port is taken", ""},
		},
		"backend": {
			server{balancers: local, listeners: listener, backends: []elbow.BackendHealth{
				{Address: "10.0.0.1:80", HealthStatus: "unhealthy", Reason: "refused"}, {Address: "10.0.0.2:80", HealthStatus: "normal"},
			}},
			want{Warning, "backend", "10.0.0.1:80 of shop:443 is unhealthy: refused", ""},
		},
		"backends that may not be seen": {
			server{balancers: []elbow.LoadBalancer{balancer("shop", "127.0.0.1")}, listeners: listener, refused: map[string]error{"DescribeLoadBalancerHTTPSListenerAttribute": errors.New("NoPermission")}},
			want{OK, "resources", "1 load balancers", ""},
		},
		"listeners that may not be seen": {
			server{balancers: local, refused: map[string]error{"DescribeLoadBalancerListeners": errors.New("NoPermission: no\nno policy allows it")}},
			want{Warning, "listeners", "DescribeLoadBalancerListeners: NoPermission: no", ""},
		},
		"nothing may be seen":  {server{refused: map[string]error{"DescribeLoadBalancers": errors.New("NoPermission")}}, want{Warning, "resources", "DescribeLoadBalancers: NoPermission", ""}},
		"certificates hidden":  {server{refused: map[string]error{"ListUserCertificateOrder": errors.New("NoPermission")}}, want{Warning, "certificates", "ListUserCertificateOrder: NoPermission", ""}},
		"certificate expired":  {server{certificates: certificate(-48*time.Hour, -time.Hour)}, want{Failure, "certificate", "shop expired on", "UploadUserCertificate"}},
		"certificate expires":  {server{certificates: certificate(-time.Hour, expiresSoon-time.Hour)}, want{Warning, "certificate", "shop expires on", "UploadUserCertificate"}},
		"certificate too soon": {server{certificates: certificate(time.Hour, 48*time.Hour)}, want{Warning, "certificate", "shop is not valid before", "Until then clients refuse it"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, tt.examine(t), tt.wanted) })
	}
}

// A problem is found on whichever page of a list it is.
func TestResourcesBeyondTheFirstPage(t *testing.T) {
	s := server{listeners: map[string][]elbow.Listener{}}
	for i := range 250 {
		s.balancers = append(s.balancers, balancer(fmt.Sprint("lb", i), "127.0.0.1"))
		s.certificates = append(s.certificates, elbow.CertificateOrder{Name: fmt.Sprint("c", i), CertEndTime: time.Now().Add(90 * 24 * time.Hour).UnixMilli()})
		s.listeners["lb-lb0"] = append(s.listeners["lb-lb0"], elbow.Listener{ListenerPort: strconv.Itoa(i + 1), Protocol: "https"})
	}
	s.balancers[249].Address = "192.0.2.1"
	s.certificates[249].CertEndTime = time.Now().Add(-time.Hour).UnixMilli()
	s.listeners["lb-lb0"][249].StatusReason = "the port is taken"
	check(t, s.examine(t),
		want{Failure, "listener", "lb0:250 is not running", ""},
		want{Failure, "address", "192.0.2.1 of load balancer lb249", "-manage-addresses"},
		want{Failure, "certificate", "c249 expired", "UploadUserCertificate"})
}
