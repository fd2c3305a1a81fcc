package manifest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/api"
)

// pageSize is the maximum page size of the lists of load balancers and
// certificates.
const pageSize = 100

// Fetch reads the content of a server: all certificates, and the load balancers
// for which wanted reports true, all of them if it is nil.
func Fetch(ctx context.Context, call Caller, wanted func(name, id string) bool) (*State, error) {
	s := new(State)
	err := pages(ctx, call, api.CasVersion, "ListUserCertificateOrder", "CurrentPage", "ShowSize",
		func(page *api.ListUserCertificateOrderOutput) (int, int) {
			for _, c := range page.CertificateOrderList {
				s.Certificates = append(s.Certificates, StoredCertificate{strconv.FormatInt(c.CertificateID, 10), c.Name, c.Sha2})
			}
			return len(page.CertificateOrderList), int(page.TotalCount)
		})
	if err != nil {
		return nil, err
	}
	var found []api.LoadBalancer
	err = pages(ctx, call, api.EnsVersion, "DescribeLoadBalancers", "PageNumber", "PageSize",
		func(page *api.DescribeLoadBalancersOutput) (int, int) {
			found = append(found, page.LoadBalancers.LoadBalancer...)
			return len(page.LoadBalancers.LoadBalancer), page.TotalCount
		})
	if err != nil {
		return nil, err
	}
	found = oldestFirst(found, func(lb *api.LoadBalancer) string { return lb.LoadBalancerID })
	named := make(map[string]int)
	for _, lb := range found {
		named[lb.LoadBalancerName]++
	}
	for _, lb := range found {
		if wanted != nil && !wanted(lb.LoadBalancerName, lb.LoadBalancerID) {
			continue
		}
		stored, err := fetchLoadBalancer(ctx, call, lb.LoadBalancerID)
		if err != nil {
			return nil, err
		}
		if stored.ID == "" { // deleted since it was listed
			continue
		}
		stored.Shared = named[stored.Name] > 1
		s.LoadBalancers = append(s.LoadBalancers, stored)
	}
	return s, nil
}

// pages calls take for each page of a list, until it is complete: take reports
// how many entries the page has, and how many there are.
func pages[T any](ctx context.Context, call Caller, version, action, number, size string, take func(*T) (int, int)) error {
	return pagesOf(ctx, call, version, action, number, size, pageSize, take)
}

// pagesOf is pages for a list that answers at most n entries at once.
func pagesOf[T any](ctx context.Context, call Caller, version, action, number, size string, n int, take func(*T) (int, int)) error {
	for i, had := 1, 0; ; i++ {
		page, err := ask[T](ctx, call, version, action, map[string]string{number: strconv.Itoa(i), size: strconv.Itoa(n)})
		if err != nil {
			return err
		}
		got, total := take(page)
		if had += got; got == 0 || had >= total {
			return nil
		}
	}
}

// oldestFirst reverses a list, which the API answers newest first, so that a file has its
// entries in the order of their creation and apply keeps it. An entry that is listed twice,
// because another one was created between the calls for two pages, stays once.
func oldestFirst[T any](all []T, id func(*T) string) []T {
	seen := make(map[string]bool, len(all))
	all = slices.DeleteFunc(all, func(one T) bool {
		again := seen[id(&one)]
		seen[id(&one)] = true
		return again
	})
	slices.Reverse(all)
	return all
}

// ask makes one call and decodes its answer.
func ask[T any](ctx context.Context, call Caller, version, action string, params map[string]string) (*T, error) {
	body, err := call(ctx, version, action, params)
	if err != nil {
		return nil, err
	}
	out := new(T)
	if err := json.Unmarshal(body, out); err != nil {
		return nil, fmt.Errorf("answer of %s: %w", action, err)
	}
	return out, nil
}

func fetchLoadBalancer(ctx context.Context, call Caller, id string) (StoredLoadBalancer, error) {
	a, err := ask[api.DescribeLoadBalancerAttributeOutput](ctx, call, api.EnsVersion, "DescribeLoadBalancerAttribute", map[string]string{"LoadBalancerId": id})
	if err != nil {
		return StoredLoadBalancer{}, err
	}
	lb := LoadBalancer{
		Name: a.LoadBalancerName, Active: a.LoadBalancerStatus == "Active",
		Fields: map[string]string{
			"EnsRegionId": a.EnsRegionID, "LoadBalancerSpec": a.LoadBalancerSpec, "NetworkId": a.NetworkID,
			"VSwitchId": a.VSwitchID, "PayType": a.PayType,
		},
	}
	for _, b := range a.BackendServers {
		lb.Backends = append(lb.Backends, Backend{
			ServerID: b.ServerID, IP: b.IP, Domain: b.DomainName, Port: cmp.Or(b.Port, "0"), Type: b.Type, Weight: strconv.Itoa(b.Weight),
		})
	}
	for _, one := range a.ListenerPortsAndProtocols {
		l, err := fetchListener(ctx, call, id, strconv.Itoa(one.ListenerPort), string(one.ListenerProtocol))
		if err != nil {
			return StoredLoadBalancer{}, err
		}
		lb.Listeners = append(lb.Listeners, l)
	}
	return StoredLoadBalancer{ID: a.LoadBalancerID, LoadBalancer: lb}, nil
}

// fetchListener reads a listener. Its fields are those in the answer, which lacks
// those of a health check that is off.
func fetchListener(ctx context.Context, call Caller, lb, port, protocol string) (Listener, error) {
	action := describeListener(protocol)
	body, err := call(ctx, api.EnsVersion, action, map[string]string{"LoadBalancerId": lb, "ListenerPort": port})
	if err != nil {
		return Listener{}, err
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(body, &answer); err != nil {
		return Listener{}, fmt.Errorf("answer of %s: %w", action, err)
	}
	l := Listener{Port: port, Protocol: protocol, Fields: make(map[string]string)}
	_, all := rows(createListener(protocol))
	for _, r := range all {
		if value, ok := answer[r.Name]; ok && !slices.Contains(callFields, r.Name) {
			l.Fields[r.Name] = canonical(r, plain(value))
		}
	}
	status := strings.ToLower(plain(answer["Status"])) // in lower case for HTTP listeners alone
	l.Running = status != "stopped" && status != "stopping"
	return l, nil
}

// plain is a JSON string without its quotes, or a number.
func plain(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

// certificateIDs are the ids of a listener's certificates.
func certificateIDs(l Listener) []string { return strings.Split(l.Fields["ServerCertificateId"], ",") }

// Uses reports whether a listener of the load balancers uses a certificate.
func (s *State) Uses(id string) bool {
	for _, lb := range s.LoadBalancers {
		for _, l := range lb.Listeners {
			if slices.Contains(certificateIDs(l), id) {
				return true
			}
		}
	}
	return false
}
