package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// A pager links to the other pages of a list.
type pager struct {
	Number, Pages, Total int
	Previous, Next       string // addresses; "" if there is none
	Last                 string // address of the last page; "" unless Number is beyond it
}

// paged returns the pager of a page. The filter stays in its links.
func (v *visit) paged(number, size, total int) pager {
	p := pager{Number: number, Pages: max(1, (total+size-1)/size), Total: total}
	at := func(n int) string {
		q := v.r.URL.Query()
		q.Set("page", strconv.Itoa(n))
		return "?" + q.Encode()
	}
	if number > 1 {
		p.Previous = at(number - 1)
	}
	if number < p.Pages {
		p.Next = at(number + 1)
	}
	if number > p.Pages {
		p.Last = at(p.Pages)
	}
	return p
}

// number returns the number of the page that was requested.
func (v *visit) number() int {
	n, err := strconv.Atoi(v.r.FormValue("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}

// listSize is the number of rows on a page of a list.
const listSize = 20

// A balancersPage is a page of the list of load balancers.
type balancersPage struct {
	Find, Status string
	Rows         []balancerRow
	Pager        pager
	Problem      *problem // of the filter
}

// A balancerRow is a load balancer in the list.
type balancerRow struct {
	api.LoadBalancer
	Listeners, Backends, Unhealthy int
	Requests                       bool // its listeners have requests
	Rate                           float32
	Open                           int32 // client connections and sessions
}

func (v balancerPages) balancers() error {
	page := balancersPage{Find: strings.TrimSpace(v.r.FormValue("find")), Status: v.r.FormValue("status")}
	params := map[string]string{"PageSize": strconv.Itoa(listSize), "PageNumber": strconv.Itoa(v.number()), "LoadBalancerStatus": page.Status}
	if page.Find != "" {
		params["PageNumber"] = "1" // the call checks the permission; the results come from State
	}
	out, err := ask[api.DescribeLoadBalancersOutput](v.visit, "DescribeLoadBalancers", params)
	all, total := out.LoadBalancers.LoadBalancer, out.TotalCount
	if err == nil && page.Find != "" {
		all = found(v.State(), page.Find, page.Status)
		total = len(all)
		first := min((v.number()-1)*listSize, total)
		all = all[first:min(first+listSize, total)]
	}
	if err != nil {
		p := v.problemOf(err)
		if p.Action != "" {
			return err
		}
		page.Problem = &p
	}
	page.Rows = v.balancerRows(all)
	if page.Pager = v.paged(v.number(), listSize, total); page.Pager.Last != "" {
		return v.leave("load-balancers" + page.Pager.Last) // an old link: the list has become shorter
	}
	return v.show("balancers", "Load balancers", page)
}

// found returns the load balancers that have a text in their name, id or address, or in
// those of a backend: any part matches, regardless of case, whereas the API matches
// complete values only. The order is that of the API.
func found(s State, text, status string) (all []api.LoadBalancer) {
	text = strings.ToLower(text)
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(strings.ToLower(name), text) })
	}
	some := slices.DeleteFunc(slices.Clone(s.LoadBalancers), func(lb elb.LoadBalancer) bool {
		wanted := has(lb.Name, lb.ID, lb.Address.String()) ||
			slices.ContainsFunc(lb.Backends, func(b elb.Backend) bool { return has(b.ServerID, b.Where()) })
		return !wanted || status != "" && string(lb.Status) != status
	})
	slices.SortFunc(some, func(a, b elb.LoadBalancer) int {
		return cmp.Or(b.CreateTime.Compare(a.CreateTime), cmp.Compare(a.ID, b.ID))
	})
	for _, lb := range some {
		all = append(all, api.LoadBalancer{
			LoadBalancerID: lb.ID, LoadBalancerName: lb.Name, LoadBalancerStatus: lb.Status, Address: lb.Address.String(),
		})
	}
	return all
}

// balancerRows adds configuration and traffic to a page of load balancers.
func (v balancerPages) balancerRows(all []api.LoadBalancer) []balancerRow {
	s := v.State()
	index := make(map[string]int, len(all))
	rows := make([]balancerRow, len(all))
	for i, lb := range all {
		rows[i].LoadBalancer = lb
		index[lb.LoadBalancerID] = i
	}
	for i := range s.LoadBalancers {
		if at, here := index[s.LoadBalancers[i].ID]; here {
			rows[at].Backends = len(s.LoadBalancers[i].Backends)
		}
	}
	for i := range s.Listeners {
		if at, here := index[s.Listeners[i].LoadBalancerID]; here {
			rows[at].Listeners++
			rows[at].Requests = rows[at].Requests || hasRequests(s.Listeners[i].Protocol)
		}
	}
	for _, u := range unhealthy(s) {
		if at, here := index[u.LoadBalancerID]; here {
			rows[at].Unhealthy++
		}
	}
	newest := overviewPages(v).newest()
	for i := range rows {
		p := newest[rows[i].LoadBalancerID]
		rows[i].Rate, rows[i].Open = p.Rate(), p.Open
	}
	return rows
}

func (v balancerPages) newBalancerPage() error {
	if err := v.needsCall("CreateLoadBalancer", nil); err != nil {
		return err
	}
	return v.newBalancerForm(200, map[string]string{"ClientToken": newToken(), "LoadBalancerSpec": "elb.s1.small"}, nil)
}

func (v balancerPages) newBalancerForm(status int, values map[string]string, failed error) error {
	op := operation("CreateLoadBalancer")
	f := formPages(v).formOf(op, values, failed, map[string]tweak{
		"EnsRegionId": v.offering(v.regions), "NetworkId": v.offering(v.networks), "VSwitchId": v.offering(v.vSwitches),
		"PayType": hidden("PostPaid"), "ClientToken": hidden(""), "BillingCycle": leftOut, "LoadBalancerType": leftOut,
	})
	v.render(status, "balancer_new", "New load balancer", f)
	return nil
}

// offering returns the tweak that makes a field a choice of the existing objects, as far
// as the visitor may see them.
func (v balancerPages) offering(list func() ([]option, error)) tweak {
	return func(f *field) bool {
		if options, err := list(); err == nil {
			f.offer(options)
		}
		return true
	}
}

func (v balancerPages) regions() (all []option, err error) {
	out, err := ask[api.DescribeEnsRegionsOutput](v.visit, "DescribeEnsRegions", nil)
	for _, r := range out.EnsRegions.EnsRegions {
		all = append(all, option{Value: r.EnsRegionID, Text: nameAndID(r.Name, r.EnsRegionID)})
	}
	return all, err
}

func (v balancerPages) networks() (all []option, err error) {
	out, err := ask[api.DescribeNetworksOutput](v.visit, "DescribeNetworks", map[string]string{"PageSize": "50"})
	for _, n := range out.Networks.Network {
		all = append(all, option{Value: n.NetworkID, Text: nameAndID(n.NetworkName, n.NetworkID) + ", " + n.CidrBlock})
	}
	return all, err
}

func (v balancerPages) vSwitches() (all []option, err error) {
	out, err := ask[api.DescribeVSwitchesOutput](v.visit, "DescribeVSwitches", map[string]string{"PageSize": "50"})
	for _, s := range out.VSwitches.VSwitch {
		all = append(all, option{Value: s.VSwitchID, Text: nameAndID(s.VSwitchName, s.VSwitchID) + ", " + s.CidrBlock})
	}
	return all, err
}

func (v balancerPages) createBalancer() error {
	op := operation("CreateLoadBalancer")
	values := formPages(v).values(op)
	out, err := ask[api.CreateLoadBalancerOutput](v.visit, op.Name, values)
	if err != nil {
		return v.newBalancerForm(v.problemOf(err).Status, values, err)
	}
	return v.done(at("load-balancers", out.LoadBalancerID), "The load balancer "+out.LoadBalancerName+" is made. Add backends and a listener.")
}
