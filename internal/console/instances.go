package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/api"
)

// instancePages show the registered servers, register, change and deregister them, and do
// the same with ranges of them.
type instancePages struct{ *visit }

func (c *Console) instanceRoutes() {
	c.page("GET instances", in(instancePages.instances))
	c.page("POST instances", in(instancePages.register))
	c.page("GET instances/{instance}", in(instancePages.instance))
	c.page("POST instances/{instance}", in(instancePages.change))
	c.page("GET instances/{instance}/delete", in(instancePages.deregisterPage))
	c.page("POST instances/{instance}/delete", in(instancePages.deregister))
	c.page("POST instance-ranges", in(instancePages.registerRange))
	c.page("GET instance-ranges/delete", in(instancePages.deregisterRangePage))
	c.page("POST instance-ranges/delete", in(instancePages.deregisterRange))
	tagRoutes(c, "instances/{instance}", instancePages.tagged, instancePages.showInstance)
}

func (v instancePages) instances() error { return v.instanceList(sent{}) }

func (v instancePages) instanceList(s sent) error {
	params := tablePages(v).numbered()
	out, err := ask[api.DescribeInstancesOutput](v.visit, "DescribeInstances", params)
	if err != nil {
		return err
	}
	page := listPage{Table: table{
		Columns: []column{{"Name", "wide"}, {"Address", ""}, {"Network", ""}, {"Registered", ""}},
		Empty:   "No server is registered by itself. A backend whose instance is not registered is added with its address.",
	}}
	for i := range out.Instances.Instance {
		one := &out.Instances.Instance[i]
		cells := texts("", addressOf(one), one.NetworkAttributes.NetworkID, one.CreationTime)
		cells[0] = nameCell(one.InstanceName, one.InstanceID, at("instances", one.InstanceID))
		page.Table.Rows = append(page.Table.Rows, row{Cells: cells})
	}
	if v.may("ens:RegisterInstance") {
		page.Forms = append(page.Forms, tablePages(v).formFor("RegisterInstance", s, postForm{Title: "Register a server", To: "instances", Button: "Register", Open: len(page.Table.Rows) == 0}, nil, v.places(nil)))
	}
	page.Tables = append(page.Tables, v.ranges(out.InstanceRanges, s))
	return tablePages(v).showList(s, "Instances", "instances", page, int(out.TotalCount))
}

// places are the tweaks of the form of a server: choices of the region, network and
// vSwitch, and the tweak of its id; nil for none.
func (v instancePages) places(id tweak) map[string]tweak {
	b := balancerPages(v)
	return map[string]tweak{"EnsRegionId": b.offering(b.regions), "NetworkId": b.offering(b.networks), "VSwitchId": b.offering(b.vSwitches), "InstanceId": id}
}

// addressOf returns the private address of a server.
func addressOf(one *api.Instance) string {
	return strings.Join(one.NetworkAttributes.PrivateIPAddress.IPAddress, ", ")
}

// ranges lists the ranges in which every server is registered.
func (v instancePages) ranges(all []string, s sent) section {
	one := section{ID: "ranges", Title: "Ranges", Table: table{Columns: []column{{"Addresses", ""}}, Empty: "None. In a range the server i-a-b-c-d has the address a.b.c.d."}}
	for _, r := range all {
		done := row{Cells: texts(r)}
		if v.may("ens:DeregisterInstanceRange") {
			done.Do = append(done.Do, action{Text: "Deregister…", Label: "Deregister " + r, To: "instance-ranges/delete?" + query("range", r)})
		}
		one.Table.Rows = append(one.Table.Rows, done)
	}
	if v.may("ens:RegisterInstanceRange") {
		one.Forms = append(one.Forms, tablePages(v).formFor("RegisterInstanceRange", s, postForm{Title: "Register a range", To: "instance-ranges", Button: "Register"}, nil, nil))
	}
	return one
}

func (v instancePages) register() error {
	values := formPages(v).values(operation("RegisterInstance"))
	if _, err := v.do("RegisterInstance", values); err != nil {
		return v.instanceList(sent{"instances", values, err})
	}
	return v.done(at("instances", values["InstanceId"]), "The server is registered. A load balancer can have it as a backend by its id alone.")
}

// id returns the id of the server of the page.
func (v instancePages) id() string { return v.r.PathValue("instance") }

// here returns the page of the server.
func (v instancePages) here() string { return at("instances", v.id()) }

// tagged returns the server of the page for its tags.
func (v instancePages) tagged() taggable { return taggable{api.TagInstance, v.id(), v.here()} }

func (v instancePages) instance() error { return v.showInstance(sent{}) }

func (v instancePages) showInstance(s sent) error {
	out, err := ask[api.DescribeInstancesOutput](v.visit, "DescribeInstances", map[string]string{"InstanceId": v.id()})
	if err != nil {
		return err
	}
	if len(out.Instances.Instance) != 1 {
		return errNotFound
	}
	one := &out.Instances.Instance[0]
	network, vSwitch := one.NetworkAttributes.NetworkID, one.NetworkAttributes.VSwitchID
	page := objectPage{
		Lists: []crumb{{Text: "Instances", To: "instances"}}, Name: nameOf(one.InstanceName, one.InstanceID),
		Facts: []fact{
			{Name: "Id", Value: one.InstanceID, Mono: true},
			{Name: "Address", Value: addressOf(one)},
			{Name: "Region", Value: one.EnsRegionID},
			{Name: "Network", Value: network, To: tablePages(v).linkTo(at("networks", network), "DescribeNetworkAttribute")},
			{Name: "vSwitch", Value: vSwitch, To: tablePages(v).linkTo(at(at("networks", network)+"/vswitches", vSwitch), "DescribeVSwitchAttributes")},
			{Name: "Registered", Value: one.CreationTime},
		},
	}
	if v.may("ens:DeregisterInstance") {
		page.Actions = append(page.Actions, action{Text: "Deregister…", To: v.here() + "/delete", Danger: true})
	}
	if v.may("ens:RegisterInstance") {
		page.Forms = append(page.Forms, tablePages(v).formFor("RegisterInstance", s, postForm{Title: "Change address, name and place", To: v.here(), Button: "Save", Note: "Backends that were added keep their address."},
			map[string]string{"PrivateIpAddress": addressOf(one), "InstanceName": one.InstanceName, "EnsRegionId": one.EnsRegionID, "NetworkId": network, "VSwitchId": vSwitch}, v.places(leftOut)))
	}
	page.Sections = append(page.Sections, v.backendsOf(), tagPages(v).section(v.tagged(), s))
	v.render(tablePages(v).status(s), "object", "Instance "+page.Name, page)
	return nil
}

// backendsOf lists the load balancers that have the server as a backend.
func (v instancePages) backendsOf() section {
	one := section{ID: "backends", Title: "Backend of", Table: table{Columns: []column{{"Load balancer", "wide"}, {"Address", ""}, {"Weight", "num"}}, Empty: "No load balancer has it."}}
	if err := v.needs(watching); err != nil {
		one.Table.Missing = problemIf(v.visit, err)
		return one
	}
	for _, lb := range v.State().LoadBalancers {
		for _, b := range lb.Backends {
			if b.ServerID != v.id() {
				continue
			}
			cells := texts("", b.IP.String(), strconv.Itoa(b.Weight))
			cells[0] = nameCell(lb.Name, lb.ID, tablePages(v).linkTo(at("load-balancers", lb.ID), "DescribeLoadBalancerAttribute"))
			one.Table.Rows = append(one.Table.Rows, row{Cells: cells})
		}
	}
	slices.SortFunc(one.Table.Rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Cells[0].Text, b.Cells[0].Text), strings.Compare(a.Cells[1].Text, b.Cells[1].Text))
	})
	return one
}

func (v instancePages) change() error {
	values := formPages(v).values(operation("RegisterInstance"))
	values["InstanceId"] = v.id()
	if _, err := v.do("RegisterInstance", values); err != nil {
		return v.showInstance(sent{v.here(), values, err})
	}
	return v.done(v.here(), "The server is changed.")
}

func (v instancePages) deregisterPage() error {
	return formPages(v).confirm(question{
		Call: "DeregisterInstance", Title: "Deregister " + v.id() + "?", Button: "Deregister",
		Text: "It cannot be added as a backend by its id alone any more. Backends that were added stay, with their address.", Do: v.here() + "/delete", Back: v.here(),
	})
}

func (v instancePages) deregister() error {
	return formPages(v).delete("DeregisterInstance", map[string]string{"InstanceId": v.id()}, v.here(), "instances", "The server is not registered any more.")
}

func (v instancePages) registerRange() error {
	values := formPages(v).values(operation("RegisterInstanceRange"))
	if _, err := v.do("RegisterInstanceRange", values); err != nil {
		return v.instanceList(sent{"instance-ranges", values, err})
	}
	return v.done("instances", "Every server of the range is registered.")
}

func (v instancePages) deregisterRangePage() error {
	text := v.r.FormValue("range")
	return formPages(v).confirm(question{
		Call: "DeregisterInstanceRange", Title: "Deregister the servers of " + text + "?", Button: "Deregister",
		Text: "They cannot be added as backends by their ids alone any more. Backends that were added stay, with their address.",
		Do:   "instance-ranges/delete", Back: "instances", With: map[string]string{"range": text},
	})
}

func (v instancePages) deregisterRange() error {
	return formPages(v).act("DeregisterInstanceRange", map[string]string{"CidrBlock": v.r.FormValue("range")}, "instances", "The range is not registered any more.")
}
