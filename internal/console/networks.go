package console

import (
	"strconv"
	"strings"

	"elbow/internal/api"
)

// networkPages show networks with their vSwitches, and create, change and delete both.
type networkPages struct{ *visit }

func (c *Console) networkRoutes() {
	c.page("GET networks", in(networkPages.networks))
	c.page("POST networks", in(networkPages.createNetwork))
	c.page("GET networks/{network}", in(networkPages.network))
	c.page("POST networks/{network}", in(networkPages.changeNetwork))
	c.page("GET networks/{network}/delete", in(networkPages.deleteNetworkPage))
	c.page("POST networks/{network}/delete", in(networkPages.deleteNetwork))
	c.page("GET networks/{network}/vswitches/new", in(vSwitchPages.newVSwitchPage))
	c.page("POST networks/{network}/vswitches", in(vSwitchPages.createVSwitch))
	c.page("GET networks/{network}/vswitches/{vswitch}", in(vSwitchPages.vSwitch))
	c.page("POST networks/{network}/vswitches/{vswitch}", in(vSwitchPages.changeVSwitch))
	c.page("GET networks/{network}/vswitches/{vswitch}/delete", in(vSwitchPages.deleteVSwitchPage))
	c.page("POST networks/{network}/vswitches/{vswitch}/delete", in(vSwitchPages.deleteVSwitch))
	tagRoutes(c, "networks/{network}", networkPages.tagged, networkPages.showNetwork)
	tagRoutes(c, "networks/{network}/vswitches/{vswitch}", vSwitchPages.tagged, vSwitchPages.showVSwitch)
}

func (v networkPages) networks() error { return v.networkList(sent{}) }

func (v networkPages) networkList(s sent) error {
	out, err := ask[api.DescribeNetworksOutput](v.visit, "DescribeNetworks", tablePages(v).numbered())
	if err != nil {
		return err
	}
	page := listPage{Table: table{
		Columns: []column{{"Name", "wide"}, {"Addresses", ""}, {"Region", ""}, {"Status", "status"}, {"vSwitches", "num"}},
		Empty:   "There is no network: no load balancer can be made.",
	}}
	for _, n := range out.Networks.Network {
		cells := texts("", n.CidrBlock, n.EnsRegionID, n.Status, strconv.Itoa(len(n.VSwitchIDs.VSwitchID)))
		cells[0] = nameCell(n.NetworkName, n.NetworkID, tablePages(v).linkTo(at("networks", n.NetworkID), "DescribeNetworkAttribute"))
		page.Table.Rows = append(page.Table.Rows, row{Cells: cells})
	}
	if v.may("ens:CreateNetwork") {
		page.Forms = append(page.Forms, tablePages(v).formFor("CreateNetwork", s,
			postForm{Title: "New network", To: "networks", Button: "Create", Open: len(page.Table.Rows) == 0}, nil,
			map[string]tweak{"EnsRegionId": balancerPages(v).offering(balancerPages(v).regions), "Tag": leftOut}))
	}
	return tablePages(v).showList(s, "Networks", "networks", page, int(out.TotalCount))
}

func (v networkPages) createNetwork() error {
	values := formPages(v).values(operation("CreateNetwork"))
	out, err := ask[api.CreateNetworkOutput](v.visit, "CreateNetwork", values)
	if err != nil {
		return v.networkList(sent{"networks", values, err})
	}
	return v.done(at("networks", out.NetworkID), "The network is made. Add a vSwitch, which load balancers get their addresses from.")
}

// id returns the id of the network of the page.
func (v networkPages) id() string { return v.r.PathValue("network") }

// here returns the page of the network.
func (v networkPages) here() string { return at("networks", v.id()) }

// of returns the parameter that names the network of the page.
func (v networkPages) of() map[string]string { return map[string]string{"NetworkId": v.id()} }

func (v networkPages) network() error { return v.showNetwork(sent{}) }

// tagged returns the network of the page for its tags.
func (v networkPages) tagged() taggable { return taggable{api.TagNetwork, v.id(), v.here()} }

func (v networkPages) showNetwork(s sent) error {
	n, err := ask[api.DescribeNetworkAttributeOutput](v.visit, "DescribeNetworkAttribute", v.of())
	if err != nil {
		return err
	}
	page := objectPage{
		Lists: []crumb{{Text: "Networks", To: tablePages(v).linkTo("networks", "DescribeNetworks")}}, Name: nameOf(n.NetworkName, n.NetworkID), Status: n.Status, Text: n.Description,
		Facts: []fact{
			{Name: "Id", Value: n.NetworkID, Mono: true},
			{Name: "Addresses", Value: n.CidrBlock},
			{Name: "Region", Value: n.EnsRegionID},
			{Name: "Made", Value: n.CreatedTime},
		},
	}
	used := len(n.VSwitchIDs.VSwitchID)+len(n.InstanceIDs.InstanceID) > 0
	page.offerDeletion(v.mayCall(operation("DeleteNetwork"), v.of()), used, v.here()+"/delete", "The network can be deleted once it has no vSwitch and no registered instance.")
	if v.mayCall(operation("ModifyNetworkAttribute"), v.of()) {
		page.Forms = append(page.Forms, tablePages(v).formFor("ModifyNetworkAttribute", s, postForm{Title: "Change name and description", To: v.here(), Button: "Save"},
			map[string]string{"NetworkName": n.NetworkName, "Description": n.Description}, map[string]tweak{"NetworkId": leftOut}))
	}
	page.Sections = append(page.Sections, v.vSwitchesOf(), v.members(n.Members), tagPages(v).section(v.tagged(), s))
	v.render(tablePages(v).status(s), "object", "Network "+page.Name, page)
	return nil
}

// vSwitchesOf lists the vSwitches of the network.
func (v networkPages) vSwitchesOf() section {
	one := section{ID: "vswitches", Title: "vSwitches", Table: table{
		Columns: []column{{"Name", "wide"}, {"Addresses", ""}, {"Free", "num"}, {"Status", "status"}},
		Empty:   "There is no vSwitch: a load balancer in this network needs one.",
	}}
	params := v.of()
	params["PageSize"] = "50"
	out, err := ask[api.DescribeVSwitchesOutput](v.visit, "DescribeVSwitches", params)
	one.Table.Missing = problemIf(v.visit, err)
	for _, s := range out.VSwitches.VSwitch {
		cells := texts("", s.CidrBlock, strconv.FormatInt(s.FreeIPCount, 10), s.Status)
		cells[0] = nameCell(s.VSwitchName, s.VSwitchID, tablePages(v).linkTo(at(v.here()+"/vswitches", s.VSwitchID), "DescribeVSwitchAttributes"))
		one.Table.Rows = append(one.Table.Rows, row{Cells: cells})
	}
	if v.may("ens:CreateVSwitch") {
		one.Links = append(one.Links, action{Text: "New vSwitch", To: v.here() + "/vswitches/new"})
	}
	return one
}

// members lists the load balancers and instances of a network or a vSwitch.
func (v networkPages) members(m api.Members) section {
	one := section{ID: "members", Title: "What is in it", Table: table{Columns: []column{{"What", ""}, {"Name", "wide"}}, Empty: "Nothing yet."}}
	names := map[string]string{}
	if v.may(watching) {
		names = namesOf(v.State())
	}
	for _, id := range m.LoadBalancerIDs.LoadBalancerID {
		one.Table.Rows = append(one.Table.Rows, row{Cells: []cell{{Text: "Load balancer"}, nameCell(names[id], id, tablePages(v).linkTo(at("load-balancers", id), "DescribeLoadBalancerAttribute"))}})
	}
	for _, id := range m.InstanceIDs.InstanceID {
		one.Table.Rows = append(one.Table.Rows, row{Cells: []cell{{Text: "Instance"}, {Text: id, To: tablePages(v).linkTo(at("instances", id), "DescribeInstances")}}})
	}
	return one
}

func (v networkPages) changeNetwork() error {
	values := tablePages(v).changes("ModifyNetworkAttribute", "NetworkName", "Description")
	values["NetworkId"] = v.id()
	if _, err := v.do("ModifyNetworkAttribute", values); err != nil {
		return v.showNetwork(sent{v.here(), values, err})
	}
	return v.done(v.here(), "The network is changed.")
}

func (v networkPages) deleteNetworkPage() error {
	return formPages(v).confirm(question{
		Call: "DeleteNetwork", Params: v.of(), Title: "Delete the network " + v.networkName() + "?", Button: "Delete",
		Text: "A network with a vSwitch or a registered instance cannot be deleted.", Do: v.here() + "/delete", Back: v.here(),
	})
}

func (v networkPages) deleteNetwork() error {
	return formPages(v).delete("DeleteNetwork", v.of(), v.here(), "networks", "The network is deleted.")
}

// networkName returns the name of the network of the page, or its id if it has none or the
// visitor may not see it.
func (v networkPages) networkName() string {
	if !v.may("ens:DescribeNetworkAttribute") {
		return v.id()
	}
	n, _ := ask[api.DescribeNetworkAttributeOutput](v.visit, "DescribeNetworkAttribute", v.of())
	return nameOf(n.NetworkName, v.id())
}

// nameOf returns the name of an object, or its id if it has none.
func nameOf(name, id string) string {
	if strings.TrimSpace(name) == "" {
		return id
	}
	return name
}
