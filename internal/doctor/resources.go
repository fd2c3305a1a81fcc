package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	elbow "elbow/internal/api"
)

// expiresSoon is the remaining time of a certificate from which a warning is
// given.
const expiresSoon = 30 * 24 * time.Hour

// resources: the load balancers, listeners and certificates in the API.
func resources(ctx context.Context, p Patient) []Finding {
	if p.Call == nil {
		return one(OK, "resources", "not looked at: there are no credentials", "elbow doctor takes them as elbow call does.")
	}
	var found []Finding
	balancers, err := pages(func(page string) ([]elbow.LoadBalancer, int64, error) {
		var out elbow.DescribeLoadBalancersOutput
		err := ask(ctx, p, elbow.EnsVersion, "DescribeLoadBalancers", map[string]string{"PageSize": pageSize, "PageNumber": page}, &out)
		return out.LoadBalancers.LoadBalancer, int64(out.TotalCount), err
	})
	if err != nil {
		return one(Warning, "resources", err.Error(), "")
	}
	for _, lb := range balancers {
		found = append(found, address(lb)...)
		found = append(found, listeners(ctx, p, lb)...)
	}
	found = append(found, certificates(ctx, p)...)
	if len(found) == 0 {
		return one(OK, "resources", fmt.Sprintf("%d load balancers, nothing to find fault with", len(balancers)), "")
	}
	return found
}

// address: a load balancer's address must be on an interface of the machine.
func address(lb elbow.LoadBalancer) []Finding {
	l, err := net.Listen("tcp", net.JoinHostPort(lb.Address, "0"))
	if err == nil {
		_ = l.Close() // no client has connected
		return nil
	}
	return one(Failure, "address", fmt.Sprintf("%s of load balancer %s: %v", lb.Address, lb.LoadBalancerName, err),
		"If this is the machine of the node: add it to an interface, or start with -manage-addresses.")
}

// listeners: a listener that was started and does not run, with the reason.
func listeners(ctx context.Context, p Patient, lb elbow.LoadBalancer) []Finding {
	all, err := pages(func(page string) ([]elbow.Listener, int64, error) {
		var out elbow.DescribeLoadBalancerListenersOutput
		params := map[string]string{"LoadBalancerId": lb.LoadBalancerID, "PageSize": pageSize, "PageNumber": page}
		err := ask(ctx, p, elbow.EnsVersion, "DescribeLoadBalancerListeners", params, &out)
		return out.Listeners.Listener, int64(out.TotalCount), err
	})
	if err != nil {
		return one(Warning, "listeners", err.Error(), "")
	}
	var found []Finding
	for _, l := range all {
		if l.StatusReason != "" {
			found = append(found, Finding{Failure, "listener", fmt.Sprintf("%s:%s is not running: %s", lb.LoadBalancerName, l.ListenerPort, l.StatusReason), ""})
			continue
		}
		found = append(found, backends(ctx, p, lb, l)...)
	}
	return found
}

// backends: those that fail their health checks.
func backends(ctx context.Context, p Patient, lb elbow.LoadBalancer, l elbow.Listener) []Finding {
	var out struct{ BackendHealth []elbow.BackendHealth } // the common part of the answers for all protocols
	params := map[string]string{"LoadBalancerId": lb.LoadBalancerID, "ListenerPort": l.ListenerPort}
	action := "DescribeLoadBalancer" + strings.ToUpper(string(l.Protocol)) + "ListenerAttribute"
	if ask(ctx, p, elbow.EnsVersion, action, params, &out) != nil {
		return nil // it was deleted meanwhile, or access is denied
	}
	var found []Finding
	for _, b := range out.BackendHealth {
		if b.HealthStatus == "unhealthy" {
			found = append(found, Finding{Warning, "backend", fmt.Sprintf("%s of %s:%s is unhealthy: %s", b.Address, lb.LoadBalancerName, l.ListenerPort, b.Reason), ""})
		}
	}
	return found
}

func certificates(ctx context.Context, p Patient) []Finding {
	all, err := pages(func(page string) ([]elbow.CertificateOrder, int64, error) {
		var out elbow.ListUserCertificateOrderOutput
		err := ask(ctx, p, elbow.CasVersion, "ListUserCertificateOrder", map[string]string{"ShowSize": pageSize, "CurrentPage": page}, &out)
		return out.CertificateOrderList, out.TotalCount, err
	})
	if err != nil {
		return one(Warning, "certificates", err.Error(), "")
	}
	var found []Finding
	for _, c := range all {
		left := time.Until(time.UnixMilli(c.CertEndTime))
		switch {
		case left < 0:
			found = append(found, Finding{Failure, "certificate", c.Name + " expired on " + c.EndDate, renew})
		case time.Until(time.UnixMilli(c.CertStartTime)) > 0:
			found = append(found, Finding{Warning, "certificate", fmt.Sprintf("%s is not valid before %s", c.Name, c.StartDate), early})
		case left < expiresSoon:
			found = append(found, Finding{Warning, "certificate", fmt.Sprintf("%s expires on %s", c.Name, c.EndDate), renew})
		}
	}
	return found
}

const early = "Until then clients refuse it; a listener that uses it needs another one for the same names."

const renew = "Upload another one with UploadUserCertificate and set it in the listeners with\nSetLoadBalancerHTTPSListenerAttribute; connections stay open."

// pageSize is the maximum page size of all lists.
const pageSize = "100"

// pages returns the entries of all pages of a list. fetch returns one page, and
// the total number of entries.
func pages[T any](fetch func(page string) ([]T, int64, error)) (all []T, err error) {
	for page := 1; ; page++ {
		some, total, err := fetch(strconv.Itoa(page))
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) == 0 || int64(len(all)) >= total {
			return all, nil
		}
	}
}

func ask(ctx context.Context, p Patient, version, action string, params map[string]string, out any) error {
	body, err := p.Call(ctx, version, action, params)
	if err != nil {
		return fmt.Errorf("%s: %s", action, strings.SplitN(err.Error(), "\n", 2)[0])
	}
	return json.Unmarshal(body, out)
}
