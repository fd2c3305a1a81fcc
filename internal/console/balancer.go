package console

import (
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// A balancerPage shows one load balancer.
type balancerPage struct {
	api.DescribeLoadBalancerAttributeOutput
	Active    bool
	Listeners []listenerRow
	Missing   *problem // why the listeners are not shown
	Backends  []backendRow
	Protocols []string // that listeners can be created for
	Live      bool     // the visitor may see the live figures
	EIPs      []elb.AttachedEIP
	Tags      section
	Terms     terms

	Add, Rename         form
	AddOpen, RenameOpen bool // the form is shown unfolded
}

// A listenerRow is a listener in the list of its load balancer.
type listenerRow struct {
	api.Listener
	State string // Running, …
}

// A backendRow is a backend in the list of its load balancer.
type backendRow struct {
	api.AttachedServer
	Balancer string
	ID       string // by which the data plane counts it
	Health   string
	Reason   string
	Failed   string // why a change of it was refused
	Terms    terms
}

// Own reports whether the backend has a port of its own.
func (b backendRow) Own() bool { return b.Port != "0" }

// lb returns the id of the load balancer that the page is about.
func (v *visit) lb() string { return v.r.PathValue("lb") }

// here returns the address of the load balancer's page.
func (v *visit) here() string { return at("load-balancers", v.lb()) }

// balancerPages show load balancers, and create, change and release them.
type balancerPages struct{ *visit }

func (v balancerPages) balancer() error { return v.showBalancer(200, balancerForms{}) }

// balancerForms are the values that the page's forms were sent with, and the error.
type balancerForms struct {
	Backend, Name             map[string]string
	BackendFailed, NameFailed error
	Tag                       sent
}

func (v balancerPages) showBalancer(status int, sent balancerForms) error {
	page, err := v.balancerPage()
	if err != nil {
		return err
	}
	page.Add, page.AddOpen = backendPages(v).newBackendForm(sent.Backend, sent.BackendFailed), sent.BackendFailed != nil || len(page.Backends) == 0
	if sent.Name == nil {
		sent.Name = map[string]string{"LoadBalancerName": page.LoadBalancerName}
	}
	sent.Name["LoadBalancerId"] = v.lb()
	page.Rename = formPages(v).formOf(operation("ModifyLoadBalancerAttribute"), sent.Name, sent.NameFailed, map[string]tweak{"LoadBalancerId": leftOut})
	page.RenameOpen = sent.NameFailed != nil
	page.Tags = tagPages(v).section(v.tagged(), sent.Tag)
	v.render(status, "balancer", page.LoadBalancerName, page)
	return nil
}

func (v balancerPages) balancerPage() (page balancerPage, err error) {
	page.DescribeLoadBalancerAttributeOutput, err = v.describe()
	if err != nil {
		return page, err
	}
	page.Active = page.LoadBalancerStatus == elb.Active
	page.Protocols = protocols()
	page.Live = v.may(watching)
	page.Terms = termsOf(v.lb(), v.State())
	page.EIPs = v.eips()
	listeners, err := ask[api.DescribeLoadBalancerListenersOutput](v.visit, "DescribeLoadBalancerListeners",
		map[string]string{"LoadBalancerId": v.lb(), "PageSize": "100"})
	page.Missing = problemIf(v.visit, err)
	for _, l := range listeners.Listeners.Listener {
		page.Listeners = append(page.Listeners, listenerRow{l, strings.ToUpper(l.Status[:1]) + l.Status[1:]})
	}
	page.Backends = v.backendRows(page.BackendServers, page.Terms)
	return page, nil
}

// eips returns the EIPs of the load balancer; none if the visitor may not see them.
func (v balancerPages) eips() []elb.AttachedEIP {
	if !v.may("ens:DescribeEnsEipAddresses") {
		return nil
	}
	for _, lb := range v.State().LoadBalancers {
		if lb.ID == v.lb() {
			return lb.EIPs
		}
	}
	return nil
}

// tagged returns the load balancer of the page for its tags.
func (v balancerPages) tagged() taggable { return taggable{api.TagLoadBalancer, v.lb(), v.here()} }

func (v balancerPages) showRefusedTag(s sent) error {
	return v.showBalancer(tablePages(v).status(s), balancerForms{Tag: s})
}

// describe returns the load balancer of the page.
func (v balancerPages) describe() (api.DescribeLoadBalancerAttributeOutput, error) {
	return ask[api.DescribeLoadBalancerAttributeOutput](v.visit, "DescribeLoadBalancerAttribute", map[string]string{"LoadBalancerId": v.lb()})
}

func (v balancerPages) backendRows(servers []api.AttachedServer, words terms) (rows []backendRow) {
	verdicts := verdictsOf(v.lb(), v.State())
	for _, b := range servers {
		row := backendRow{AttachedServer: b, Balancer: v.lb(), ID: b.ServerID, Terms: words}
		if row.Own() {
			row.ID += ":" + b.Port
		}
		row.Health, row.Reason = verdicts[row.ID].Health, verdicts[row.ID].Reason
		rows = append(rows, row)
	}
	return rows
}

// watchBalancer streams the live figures of one load balancer.
func (v balancerPages) watchBalancer() (topic string, err error) {
	if err := v.needs(watching); err != nil {
		return "", err
	}
	return v.lb(), nil
}

func (v balancerPages) setStatus() error {
	status := v.r.PostFormValue("status")
	done := "The load balancer forwards."
	if status == string(elb.InActive) {
		done = "The load balancer does not forward. Its listeners are closed."
	}
	return formPages(v).act("SetLoadBalancerStatus", map[string]string{"LoadBalancerId": v.lb(), "LoadBalancerStatus": status}, v.here(), done)
}

func (v balancerPages) rename() error {
	values := map[string]string{"LoadBalancerId": v.lb(), "LoadBalancerName": v.r.PostFormValue("LoadBalancerName")}
	if _, err := v.do("ModifyLoadBalancerAttribute", values); err != nil {
		return v.showBalancer(v.problemOf(err).Status, balancerForms{Name: values, NameFailed: err})
	}
	return v.done(v.here(), "The load balancer is renamed.")
}

func (v balancerPages) releasePage() error {
	lb, err := v.describe()
	if err != nil {
		return err
	}
	return formPages(v).confirm(question{
		Call: "ReleaseInstance", Title: "Release " + lb.LoadBalancerName + "?", Button: "Release",
		Text:  "Its " + plural(len(lb.ListenerPorts), "listener") + " and " + plural(len(lb.BackendServers), "backend") + " go with it, and its address " + lb.Address + " becomes free. This cannot be undone.",
		Facts: []string{closing(runningListeners(v.lb(), v.State())), stopPages(v).loadOfBalancer(v.lb())},
		Do:    v.here() + "/release", Back: v.here(),
	})
}

func (v balancerPages) release() error {
	return formPages(v).delete("ReleaseInstance", map[string]string{"InstanceId": v.lb()}, v.here(), "load-balancers", "The load balancer is released.")
}
