package console

import (
	"strconv"

	"elbow/internal/api"
)

// eipPages show EIPs, associate them with load balancers, and create, change and delete
// them.
type eipPages struct{ *visit }

func (c *Console) eipRoutes() {
	c.page("GET eips", in(eipPages.eips))
	c.page("POST eips", in(eipPages.createEIP))
	c.page("GET eips/{eip}", in(eipPages.eip))
	c.page("POST eips/{eip}", in(eipPages.changeEIP))
	c.page("POST eips/{eip}/associate", in(eipPages.associate))
	c.page("GET eips/{eip}/unassociate", in(eipPages.unassociatePage))
	c.page("POST eips/{eip}/unassociate", in(eipPages.unassociate))
	c.page("GET eips/{eip}/delete", in(eipPages.deleteEIPPage))
	c.page("POST eips/{eip}/delete", in(eipPages.deleteEIP))
	tagRoutes(c, "eips/{eip}", eipPages.tagged, eipPages.showEIP)
}

func (v eipPages) eips() error { return v.eipList(sent{}) }

func (v eipPages) eipList(s sent) error {
	out, err := ask[api.DescribeEnsEipAddressesOutput](v.visit, "DescribeEnsEipAddresses", tablePages(v).numbered())
	if err != nil {
		return err
	}
	page := listPage{Table: table{
		Columns: []column{{"Address", ""}, {"Name", "wide"}, {"Status", "status"}, {"Load balancer", "wide"}},
		Empty:   "There is no EIP yet.",
	}}
	for i := range out.EipAddresses.EipAddress {
		e := &out.EipAddresses.EipAddress[i]
		page.Table.Rows = append(page.Table.Rows, row{Cells: []cell{
			{Text: e.IPAddress, Small: e.AllocationID, To: at("eips", e.AllocationID)}, {Text: e.Name}, {Text: e.Status}, v.associated(e),
		}})
	}
	if v.may("ens:CreateEipInstance") {
		page.Forms = append(page.Forms, tablePages(v).formFor("CreateEipInstance", s,
			postForm{Title: "New EIP", To: "eips", Button: "Create", Note: "Its address comes from the pool that the operator gives with -eip-pool.", Open: len(page.Table.Rows) == 0},
			map[string]string{"ClientToken": newToken()}, map[string]tweak{
				"EnsRegionId": balancerPages(v).offering(balancerPages(v).regions), "InstanceChargeType": hidden("PostPaid"),
				"InternetChargeType": hidden("95BandwidthByMonth"), "ClientToken": hidden(""), "Tag": leftOut,
			}))
	}
	return tablePages(v).showList(s, "EIPs", "eips", page, int(out.TotalCount))
}

// associated returns the load balancer of an EIP.
func (v eipPages) associated(e *api.EipAddress) cell {
	if e.InstanceID == "" {
		return cell{Text: "–"}
	}
	name := ""
	if v.may(watching) {
		name = namesOf(v.State())[e.InstanceID]
	}
	return nameCell(name, e.InstanceID, tablePages(v).linkTo(at("load-balancers", e.InstanceID), "DescribeLoadBalancerAttribute"))
}

func (v eipPages) createEIP() error {
	values := formPages(v).values(operation("CreateEipInstance"))
	out, err := ask[api.CreateEipInstanceOutput](v.visit, "CreateEipInstance", values)
	if err != nil {
		return v.eipList(sent{"eips", values, err})
	}
	return v.done(at("eips", out.AllocationID), "The EIP is made. Associate it with a load balancer, whose listeners then serve on its address too.")
}

// id returns the id of the EIP of the page.
func (v eipPages) id() string { return v.r.PathValue("eip") }

// here returns the page of the EIP.
func (v eipPages) here() string { return at("eips", v.id()) }

// of returns the parameter that names the EIP of the page.
func (v eipPages) of() map[string]string { return map[string]string{"AllocationId": v.id()} }

// find returns the EIP of the page.
func (v eipPages) find() (e api.EipAddress, err error) {
	out, err := ask[api.DescribeEnsEipAddressesOutput](v.visit, "DescribeEnsEipAddresses", v.of())
	if err == nil && len(out.EipAddresses.EipAddress) != 1 {
		err = errNotFound
	}
	if err != nil {
		return e, err
	}
	return out.EipAddresses.EipAddress[0], nil
}

func (v eipPages) eip() error { return v.showEIP(sent{}) }

// tagged returns the EIP of the page for its tags.
func (v eipPages) tagged() taggable { return taggable{api.TagEIP, v.id(), v.here()} }

func (v eipPages) showEIP(s sent) error {
	e, err := v.find()
	if err != nil {
		return err
	}
	lb := v.associated(&e)
	page := objectPage{
		Lists: []crumb{{Text: "EIPs", To: "eips"}}, Name: e.IPAddress, Status: e.Status, Text: e.Description,
		Facts: []fact{
			{Name: "Id", Value: e.AllocationID, Mono: true},
			{Name: "Name", Value: e.Name},
			{Name: "Load balancer", Value: lb.Text, To: lb.To},
			{Name: "Bandwidth, recorded only", Value: strconv.Itoa(e.Bandwidth) + " Mbit/s"},
			{Name: "Carrier", Value: e.Isp},
			{Name: "Region", Value: e.EnsRegionID},
			{Name: "Made", Value: e.AllocationTime},
		},
	}
	used := e.InstanceID != ""
	if used && v.may("ens:UnAssociateEnsEipAddress") {
		page.Actions = append(page.Actions, action{Text: "Take from its load balancer…", To: v.here() + "/unassociate"})
	}
	page.offerDeletion(v.may("ens:DeleteEip"), used, v.here()+"/delete", "The EIP can be deleted once no load balancer has it.")
	if !used && v.may("ens:AssociateEnsEipAddress") {
		page.Forms = append(page.Forms, tablePages(v).formFor("AssociateEnsEipAddress", s,
			postForm{Title: "Associate with a load balancer", To: v.here() + "/associate", Button: "Associate", Open: true}, nil,
			map[string]tweak{"AllocationId": leftOut, "InstanceType": leftOut, "InstanceId": v.offeringBalancers}))
	}
	if v.may("ens:ModifyEnsEipAddressAttribute") {
		page.Forms = append(page.Forms, tablePages(v).formFor("ModifyEnsEipAddressAttribute", s, postForm{Title: "Change name, description and bandwidth", To: v.here(), Button: "Save"},
			map[string]string{"Name": e.Name, "Description": e.Description, "Bandwidth": strconv.Itoa(e.Bandwidth)}, map[string]tweak{"AllocationId": leftOut}))
	}
	page.Sections = append(page.Sections, tagPages(v).section(v.tagged(), s))
	v.render(tablePages(v).status(s), "object", "EIP "+page.Name, page)
	return nil
}

// offeringBalancers makes the field a choice of load balancers, as far as the visitor may
// see them.
func (v eipPages) offeringBalancers(f *field) bool {
	f.Label = "Load balancer"
	if v.may(watching) {
		var options []option
		for _, lb := range v.State().LoadBalancers {
			options = append(options, option{Value: lb.ID, Text: nameAndID(lb.Name, lb.ID)})
		}
		f.offer(options)
	}
	return true
}

func (v eipPages) changeEIP() error {
	values := tablePages(v).changes("ModifyEnsEipAddressAttribute", "Name", "Description")
	values["AllocationId"] = v.id()
	if _, err := v.do("ModifyEnsEipAddressAttribute", values); err != nil {
		return v.showEIP(sent{v.here(), values, err})
	}
	return v.done(v.here(), "The EIP is changed.")
}

func (v eipPages) associate() error {
	values := formPages(v).values(operation("AssociateEnsEipAddress"))
	values["AllocationId"] = v.id()
	if _, err := v.do("AssociateEnsEipAddress", values); err != nil {
		return v.showEIP(sent{v.here() + "/associate", values, err})
	}
	return v.done(v.here(), "The listeners of the load balancer serve on this address too.")
}

func (v eipPages) unassociatePage() error {
	q := question{
		Call: "UnAssociateEnsEipAddress", Params: v.of(), Title: "Take the EIP " + v.id() + " from its load balancer?", Button: "Take it away",
		Text: "The listeners of the load balancer serve on the address no longer. Requests, connections and sessions in progress there may complete.", Do: v.here() + "/unassociate", Back: v.here(),
	}
	if e, err := v.find(); err == nil && e.InstanceID != "" {
		q.Title = "Take the EIP " + e.IPAddress + " from " + v.associated(&e).Text + "?"
		q.Facts = []string{"The load balancer, on all of its addresses: " + stopPages(v).loadOfBalancer(e.InstanceID)}
	}
	return formPages(v).confirm(q)
}

func (v eipPages) unassociate() error {
	return formPages(v).act("UnAssociateEnsEipAddress", v.of(), v.here(), "The EIP has no load balancer.")
}

func (v eipPages) deleteEIPPage() error {
	return formPages(v).confirm(question{
		Call: "DeleteEip", Params: map[string]string{"InstanceId": v.id()}, Title: "Delete the EIP " + v.id() + "?", Button: "Delete",
		Text: "Its address goes back to the pool, and another EIP may get it. An EIP that a load balancer has cannot be deleted.", Do: v.here() + "/delete", Back: v.here(),
	})
}

func (v eipPages) deleteEIP() error {
	return formPages(v).delete("DeleteEip", map[string]string{"InstanceId": v.id()}, v.here(), "eips", "The EIP is deleted.")
}
