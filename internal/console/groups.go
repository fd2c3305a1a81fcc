package console

import (
	"slices"

	"elbow/internal/api"
)

// groupPages show groups of users with their policies, and create, change and delete them.
type groupPages struct{ *visit }

func (c *Console) groupRoutes() {
	c.page("GET groups", in(groupPages.groups))
	c.page("POST groups", in(groupPages.createGroup))
	c.page("GET groups/{group}", in(groupPages.group))
	c.page("POST groups/{group}", in(groupPages.changeGroup))
	c.page("POST groups/{group}/users", in(groupPages.addUser))
	c.page("GET groups/{group}/users/remove", in(groupPages.removeUserPage))
	c.page("POST groups/{group}/users/remove", in(groupPages.removeUser))
	c.page("POST groups/{group}/policies", in(groupPages.attachPolicy))
	c.page("GET groups/{group}/policies/detach", in(groupPages.detachPage))
	c.page("POST groups/{group}/policies/detach", in(groupPages.detachPolicy))
	c.page("GET groups/{group}/delete", in(groupPages.deleteGroupPage))
	c.page("POST groups/{group}/delete", in(groupPages.deleteGroup))
}

func (v groupPages) groups() error { return v.groupList(sent{}) }

func (v groupPages) groupList(s sent) error {
	out, err := ask[api.ListGroupsOutput](v.visit, "ListGroups", map[string]string{"Marker": v.r.URL.Query().Get("after"), "MaxItems": "50"})
	if err != nil {
		return err
	}
	page := listPage{Next: out.Marker, Table: table{
		Columns: []column{{"Name", "wide"}, {"Remark", "wide"}, {"Made", ""}}, Empty: "There is no group yet. The users of a group have its policies.",
	}}
	for _, g := range out.Groups.Group {
		cells := texts(g.GroupName, g.Comments, g.CreateDate)
		cells[0].To = tablePages(v).linkTo(at("groups", g.GroupName), "GetGroup", "GroupName", g.GroupName)
		page.Table.Rows = append(page.Table.Rows, row{Cells: cells})
	}
	if v.may("ram:CreateGroup") {
		page.Forms = append(page.Forms, tablePages(v).formFor("CreateGroup", s, postForm{Title: "New group", To: "groups", Button: "Create", Open: len(page.Table.Rows) == 0}, nil, nil))
	}
	v.render(tablePages(v).status(s), "list", "Groups", page)
	return nil
}

func (v groupPages) createGroup() error {
	values := formPages(v).values(operation("CreateGroup"))
	if _, err := v.do("CreateGroup", values); err != nil {
		return v.groupList(sent{"groups", values, err})
	}
	return v.done(at("groups", values["GroupName"]), "The group is made. Attach a policy and add users.")
}

// holder returns the group of the page.
func (v groupPages) holder() holder {
	name := v.r.PathValue("group")
	return holder{"Group", name, at("groups", name)}
}

func (v groupPages) group() error { return v.showGroup(sent{}) }

func (v groupPages) showGroup(s sent) error {
	h := v.holder()
	out, err := ask[api.GetGroupOutput](v.visit, "GetGroup", h.of())
	if err != nil {
		return err
	}
	g := out.Group
	page := objectPage{
		Lists: []crumb{{Text: "Groups", To: tablePages(v).linkTo("groups", "ListGroups")}}, Name: h.name, Text: g.Comments,
		Facts: []fact{{Name: "Id", Value: g.GroupID, Mono: true}, {Name: "Made", Value: g.CreateDate}, {Name: "Changed", Value: g.UpdateDate}},
	}
	if v.mayCall(operation("UpdateGroup"), h.of()) {
		page.Forms = append(page.Forms, tablePages(v).formFor("UpdateGroup", s, postForm{Title: "Change name and remark", To: h.here, Button: "Save"},
			map[string]string{"NewGroupName": h.name, "NewComments": g.Comments}, map[string]tweak{"GroupName": leftOut}))
	}
	policies, noPolicies := holderPages(v).section(h, "None: the group gives its users nothing.")
	users, noUsers := v.usersOf(h)
	page.offerDeletion(v.mayCall(operation("DeleteGroup"), h.of()), !noPolicies || !noUsers, h.here+"/delete", "The group can be deleted once it has no users and no policies.")
	page.Sections = []section{users, policies}
	v.render(tablePages(v).status(s), "object", "Group "+h.name, page)
	return nil
}

// usersOf lists the users of a group, and reports whether it has none, as far as is known.
func (v groupPages) usersOf(h holder) (one section, none bool) {
	one = section{ID: "users", Title: "Users", Table: table{Columns: []column{{"Name", ""}, {"Display name", "wide"}, {"Joined", ""}}, Empty: "No user is in the group."}}
	params := h.of()
	params["MaxItems"] = "1000"
	out, err := ask[api.ListUsersForGroupOutput](v.visit, "ListUsersForGroup", params)
	one.Table.Missing = problemIf(v.visit, err)
	for _, u := range out.Users.User {
		cells := texts(u.UserName, u.DisplayName, u.JoinDate)
		cells[0].To = tablePages(v).linkTo(at("users", u.UserName), "GetUser", "UserName", u.UserName)
		r := row{Cells: cells}
		if v.mayCall(operation("RemoveUserFromGroup"), v.member(u.UserName)) {
			r.Do = append(r.Do, action{Text: "Remove…", Label: "Remove " + u.UserName, To: h.here + "/users/remove?" + query("user", u.UserName)})
		}
		one.Table.Rows = append(one.Table.Rows, r)
	}
	one.Choose = &choice{To: h.here + "/users", Label: "Add a user", Field: "user", Button: "Add", Options: v.addable(out.Users.User)}
	return one, len(out.Users.User) == 0
}

// addable returns the users who are not in the group.
func (v groupPages) addable(there []api.User) (all []option) {
	out, err := ask[api.ListUsersOutput](v.visit, "ListUsers", map[string]string{"MaxItems": "1000"})
	if err != nil {
		return nil
	}
	for _, u := range out.Users.User {
		is := slices.ContainsFunc(there, func(o api.User) bool { return o.UserName == u.UserName })
		if !is && v.mayCall(operation("AddUserToGroup"), v.member(u.UserName)) {
			all = append(all, option{Value: u.UserName, Text: u.UserName})
		}
	}
	return all
}

// member returns the parameters that name the group of the page and a user.
func (v groupPages) member(user string) map[string]string {
	params := v.holder().of()
	params["UserName"] = user
	return params
}

func (v groupPages) changeGroup() error {
	h := v.holder()
	values := tablePages(v).changes("UpdateGroup", "NewComments")
	values["GroupName"] = h.name
	if values["NewGroupName"] == h.name { // the name was not changed
		delete(values, "NewGroupName")
	}
	out, err := ask[api.UpdateGroupOutput](v.visit, "UpdateGroup", values)
	if err != nil {
		return v.showGroup(sent{h.here, values, err})
	}
	return v.done(at("groups", out.Group.GroupName), "The group is changed.")
}

func (v groupPages) addUser() error {
	return formPages(v).act("AddUserToGroup", v.member(v.r.PostFormValue("user")), v.holder().here, "The user is in the group and has its policies.")
}

func (v groupPages) removeUserPage() error {
	h, user := v.holder(), v.r.FormValue("user")
	return formPages(v).confirm(question{
		Call: "RemoveUserFromGroup", Params: v.member(user), Title: "Remove " + user + " from " + h.name + "?", Button: "Remove",
		Text: "What only the policies of the group allow the user is refused from then on. What they deny is denied no more.",
		Do:   h.here + "/users/remove", Back: h.here, With: map[string]string{"user": user},
	})
}

func (v groupPages) removeUser() error {
	return formPages(v).act("RemoveUserFromGroup", v.member(v.r.FormValue("user")), v.holder().here, "The user is not in the group any more.")
}

func (v groupPages) attachPolicy() error { return holderPages(v).attach(v.holder()) }

func (v groupPages) detachPage() error {
	return holderPages(v).detachPage(v.holder(), "What only this policy allows the users of the group is refused from then on. What it denies is denied no more.")
}

func (v groupPages) detachPolicy() error { return holderPages(v).detach(v.holder()) }

func (v groupPages) deleteGroupPage() error {
	h := v.holder()
	return formPages(v).confirm(question{
		Call: "DeleteGroup", Params: h.of(), Title: "Delete the group " + h.name + "?", Button: "Delete",
		Text: "A group with users or policies cannot be deleted.", Do: h.here + "/delete", Back: h.here,
	})
}

func (v groupPages) deleteGroup() error {
	return formPages(v).delete("DeleteGroup", v.holder().of(), v.holder().here, "groups", "The group is deleted.")
}
