package console

import (
	"strconv"

	"elbow/internal/api"
)

// vSwitchPages show the vSwitches of a network, and create, change and delete them.
type vSwitchPages struct{ *visit }

// id returns the id of the vSwitch of the page.
func (v vSwitchPages) id() string { return v.r.PathValue("vswitch") }

// here returns the page of the vSwitch.
func (v vSwitchPages) here() string { return at(networkPages(v).here()+"/vswitches", v.id()) }

// of returns the parameter that names the vSwitch of the page.
func (v vSwitchPages) of() map[string]string { return map[string]string{"VSwitchId": v.id()} }

// lists returns the pages above that of a vSwitch of the network with this name.
func (v vSwitchPages) lists(network string) []crumb {
	return []crumb{
		{Text: "Networks", To: tablePages(v).linkTo("networks", "DescribeNetworks")},
		{Text: network, To: tablePages(v).linkTo(networkPages(v).here(), "DescribeNetworkAttribute")},
	}
}

func (v vSwitchPages) newVSwitchPage() error {
	if err := v.needsCall("CreateVSwitch", nil); err != nil {
		return err
	}
	return v.newVSwitchForm(sent{})
}

func (v vSwitchPages) newVSwitchForm(s sent) error {
	network := networkPages(v).networkName()
	page := createPage{Lists: v.lists(network), postForm: tablePages(v).formFor("CreateVSwitch", s,
		postForm{To: networkPages(v).here() + "/vswitches", Button: "Create", Title: "New vSwitch of " + network}, nil,
		map[string]tweak{"EnsRegionId": balancerPages(v).offering(balancerPages(v).regions), "NetworkId": leftOut, "Tag": leftOut})}
	v.render(tablePages(v).status(s), "create", page.Title, page)
	return nil
}

func (v vSwitchPages) createVSwitch() error {
	values := formPages(v).values(operation("CreateVSwitch"))
	values["NetworkId"] = networkPages(v).id()
	out, err := ask[api.CreateVSwitchOutput](v.visit, "CreateVSwitch", values)
	if err != nil {
		return v.newVSwitchForm(sent{networkPages(v).here() + "/vswitches", values, err})
	}
	return v.done(at(networkPages(v).here()+"/vswitches", out.VSwitchID), "The vSwitch is made. Load balancers can get addresses from it.")
}

func (v vSwitchPages) vSwitch() error { return v.showVSwitch(sent{}) }

// tagged returns the vSwitch of the page for its tags.
func (v vSwitchPages) tagged() taggable { return taggable{api.TagVSwitch, v.id(), v.here()} }

func (v vSwitchPages) showVSwitch(s sent) error {
	one, err := ask[api.DescribeVSwitchAttributesOutput](v.visit, "DescribeVSwitchAttributes", v.of())
	if err != nil {
		return err
	}
	if one.NetworkID != networkPages(v).id() { // the URL names another network
		return errNotFound
	}
	page := objectPage{
		Lists: v.lists(networkPages(v).networkName()), Name: nameOf(one.VSwitchName, one.VSwitchID), Status: one.Status, Text: one.Description,
		Facts: []fact{
			{Name: "Id", Value: one.VSwitchID, Mono: true},
			{Name: "Addresses", Value: one.CidrBlock},
			{Name: "Free addresses", Value: strconv.FormatInt(one.AvailableIPAddressCount, 10)},
			{Name: "Region", Value: one.EnsRegionID},
			{Name: "Made", Value: one.CreatedTime},
		},
	}
	used := len(one.LoadBalancerIDs.LoadBalancerID)+len(one.InstanceIDs.InstanceID) > 0
	page.offerDeletion(v.mayCall(operation("DeleteVSwitch"), v.of()), used, v.here()+"/delete", "The vSwitch can be deleted once it has no load balancer and no registered instance.")
	if v.mayCall(operation("ModifyVSwitchAttribute"), v.of()) {
		page.Forms = append(page.Forms, tablePages(v).formFor("ModifyVSwitchAttribute", s, postForm{Title: "Change name and description", To: v.here(), Button: "Save"},
			map[string]string{"VSwitchName": one.VSwitchName, "Description": one.Description}, map[string]tweak{"VSwitchId": leftOut}))
	}
	page.Sections = append(page.Sections, networkPages(v).members(one.Members), tagPages(v).section(v.tagged(), s))
	v.render(tablePages(v).status(s), "object", "vSwitch "+page.Name, page)
	return nil
}

func (v vSwitchPages) changeVSwitch() error {
	values := tablePages(v).changes("ModifyVSwitchAttribute", "VSwitchName", "Description")
	values["VSwitchId"] = v.id()
	if _, err := v.do("ModifyVSwitchAttribute", values); err != nil {
		return v.showVSwitch(sent{v.here(), values, err})
	}
	return v.done(v.here(), "The vSwitch is changed.")
}

func (v vSwitchPages) deleteVSwitchPage() error {
	return formPages(v).confirm(question{
		Call: "DeleteVSwitch", Params: v.of(), Title: "Delete the vSwitch " + v.id() + "?", Button: "Delete",
		Text: "A vSwitch with a load balancer or a registered instance cannot be deleted.", Do: v.here() + "/delete", Back: v.here(),
	})
}

func (v vSwitchPages) deleteVSwitch() error {
	return formPages(v).delete("DeleteVSwitch", v.of(), v.here(), networkPages(v).here(), "The vSwitch is deleted.")
}
