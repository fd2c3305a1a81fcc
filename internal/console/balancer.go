package console

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// A balancerPage is all of one load balancer.
type balancerPage struct {
	api.DescribeLoadBalancerAttributeOutput
	Active    bool
	Listeners []listenerRow
	Missing   *problem // why the listeners are not shown
	Backends  []backendRow
	Protocols []string // that listeners can be made of
	Live      bool     // the visitor may see what is live
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
	ID       string // under which the data plane counts it
	Health   string
	Reason   string
	Failed   string // why a change of it was refused
}

// Own reports whether the backend has a port of its own.
func (b backendRow) Own() bool { return b.Port != "0" }

// lb is the load balancer that the page is about.
func (v *visit) lb() string { return v.r.PathValue("lb") }

// here is the page of the load balancer.
func (v *visit) here() string { return "load-balancers/" + url.PathEscape(v.lb()) }

func (v *visit) balancer() error {
	page, err := v.balancerPage()
	if err != nil {
		return err
	}
	return v.show("balancer", page.LoadBalancerName, page)
}

func (v *visit) balancerPage() (page balancerPage, err error) {
	page.DescribeLoadBalancerAttributeOutput, err = v.describe()
	if err != nil {
		return page, err
	}
	page.Active = page.LoadBalancerStatus == elb.Active
	page.Protocols = protocols()
	page.Live = v.may(watching)
	listeners, err := ask[api.DescribeLoadBalancerListenersOutput](v, "DescribeLoadBalancerListeners",
		map[string]string{"LoadBalancerId": v.lb(), "PageSize": "100"})
	if err != nil {
		p := v.problemOf(err)
		page.Missing = &p
	}
	for _, l := range listeners.Listeners.Listener {
		page.Listeners = append(page.Listeners, listenerRow{l, strings.ToUpper(l.Status[:1]) + l.Status[1:]})
	}
	page.Backends = v.backendRows(page.BackendServers)
	return page, nil
}

// describe finds the load balancer of the page.
func (v *visit) describe() (api.DescribeLoadBalancerAttributeOutput, error) {
	return ask[api.DescribeLoadBalancerAttributeOutput](v, "DescribeLoadBalancerAttribute", map[string]string{"LoadBalancerId": v.lb()})
}

func (v *visit) backendRows(servers []api.AttachedServer) (rows []backendRow) {
	verdicts := verdictsOf(v.lb(), v.State())
	for _, b := range servers {
		row := backendRow{AttachedServer: b, Balancer: v.lb(), ID: b.ServerID}
		if row.Own() {
			row.ID += ":" + b.Port
		}
		row.Health, row.Reason = verdicts[row.ID].Health, verdicts[row.ID].Reason
		rows = append(rows, row)
	}
	return rows
}

// watchBalancer streams what one load balancer does.
func (v *visit) watchBalancer() (topic string, err error) {
	if err := v.needs(watching); err != nil {
		return "", err
	}
	return v.lb(), nil
}

// changeWeight changes the weight of one backend in place: htmx puts the row
// that this answers where the old one was.
func (v *visit) changeWeight() error {
	item := v.server()
	item["Weight"] = v.r.PostFormValue("weight")
	params := map[string]string{"LoadBalancerId": v.lb(), "BackendServers": items(item)}
	if v.r.Header.Get("Hx-Request") == "" {
		return v.act("SetBackendServers", params, v.here(), "The weight is changed.")
	}
	_, failed := v.do("SetBackendServers", params)
	lb, err := v.describe()
	if err != nil {
		return err
	}
	for _, row := range v.backendRows(lb.BackendServers) {
		if row.ServerID != item["ServerId"] || row.Port != v.r.PostFormValue("port") {
			continue
		}
		if failed != nil {
			row.Failed = v.sentence(failed)
		}
		v.partial(200, "balancer", "backend-row", row)
		return nil
	}
	return errNotFound
}

// server is the backend that a form is about, as the API names it: without a port
// that would be every backend of the server.
func (v *visit) server() map[string]string {
	return map[string]string{"ServerId": v.r.FormValue("server"), "Port": cmp.Or(v.r.FormValue("port"), "0")}
}

// items is a parameter that lists backends.
func items(item map[string]string) string {
	text, _ := json.Marshal([]map[string]string{item}) // texts always encode
	return string(text)
}

func (v *visit) addBackend() error {
	item := make(map[string]string)
	for name, value := range map[string]string{
		"ServerId": v.r.PostFormValue("server"), "Ip": v.r.PostFormValue("ip"), "Port": v.r.PostFormValue("port"), "Weight": v.r.PostFormValue("weight"),
	} {
		if value != "" {
			item[name] = value
		}
	}
	return v.act("AddBackendServers", map[string]string{"LoadBalancerId": v.lb(), "BackendServers": items(item)},
		v.here(), "The backend is added.")
}

func (v *visit) removeBackendPage() error {
	server, port := v.r.FormValue("server"), v.r.FormValue("port")
	name := server
	if n, err := strconv.Atoi(port); err == nil {
		name = backendID(server, n)
	}
	return v.confirm(question{
		Title: "Remove the backend " + name + "?", Text: "It takes no new requests; those under way may end. To empty it first, set its weight to 0.",
		Do: v.here() + "/backends/remove", Back: v.here(), Button: "Remove", With: map[string]string{"server": server, "port": port},
	})
}

func (v *visit) removeBackend() error {
	return v.act("RemoveBackendServers", map[string]string{"LoadBalancerId": v.lb(), "BackendServers": items(v.server())},
		v.here(), "The backend is removed.")
}

func (v *visit) setStatus() error {
	status := v.r.PostFormValue("status")
	done := "The load balancer forwards."
	if status == string(elb.InActive) {
		done = "The load balancer does not forward. Its listeners are closed."
	}
	return v.act("SetLoadBalancerStatus", map[string]string{"LoadBalancerId": v.lb(), "LoadBalancerStatus": status}, v.here(), done)
}

func (v *visit) rename() error {
	return v.act("ModifyLoadBalancerAttribute", map[string]string{"LoadBalancerId": v.lb(), "LoadBalancerName": v.r.PostFormValue("name")},
		v.here(), "The load balancer is renamed.")
}

func (v *visit) releasePage() error {
	lb, err := v.describe()
	if err != nil {
		return err
	}
	return v.confirm(question{
		Title: "Release " + lb.LoadBalancerName + "?", Button: "Release",
		Text: "Its " + plural(len(lb.ListenerPorts), "listener") + " and " + plural(len(lb.BackendServers), "backend") + " go with it, and its address " + lb.Address + " becomes free. This cannot be undone.",
		Do:   v.here() + "/release", Back: v.here(),
	})
}

func (v *visit) release() error {
	if _, err := v.do("ReleaseInstance", map[string]string{"InstanceId": v.lb()}); err != nil {
		v.session.say("bad", v.sentence(err))
		v.redirect(v.here())
		return nil
	}
	return v.done("load-balancers", "The load balancer is released.")
}
