package console

import (
	"fmt"
	"strconv"

	"elbow/internal/api"
)

// rolePages show roles with their trust policies and policies, create, change and delete
// them, and begin sessions.
type rolePages struct{ *visit }

func (c *Console) roleRoutes() {
	c.page("GET roles", in(rolePages.roles))
	c.page("POST roles", in(rolePages.createRole))
	c.page("GET roles/{role}", in(rolePages.role))
	c.page("POST roles/{role}", in(rolePages.changeRole))
	c.page("POST roles/{role}/session", in(rolePages.assumeRole))
	c.page("POST roles/{role}/policies", in(rolePages.attachPolicy))
	c.page("GET roles/{role}/policies/detach", in(rolePages.detachPage))
	c.page("POST roles/{role}/policies/detach", in(rolePages.detachPolicy))
	c.page("GET roles/{role}/delete", in(rolePages.deleteRolePage))
	c.page("POST roles/{role}/delete", in(rolePages.deleteRole))
}

func (v rolePages) roles() error { return v.roleList(sent{}) }

// trusting is the initial trust policy of a new role: whoever in the account may call
// AssumeRole may have sessions.
const trusting = `{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": {"RAM": ["acs:ram::%s:root"]}
    }
  ]
}`

func (v rolePages) roleList(s sent) error {
	out, err := ask[api.ListRolesOutput](v.visit, "ListRoles", map[string]string{"Marker": v.r.URL.Query().Get("after"), "MaxItems": "50"})
	if err != nil {
		return err
	}
	page := listPage{Next: out.Marker, Table: table{
		Columns: []column{{"Name", "wide"}, {"Description", "wide"}, {"Longest session", "num"}, {"Made", ""}}, Empty: "There is no role yet. Whom its trust policy names may have sessions with the policies of a role.",
	}}
	for _, r := range out.Roles.Role {
		cells := texts(r.RoleName, r.Description, strconv.FormatInt(r.MaxSessionDuration, 10)+" s", r.CreateDate)
		cells[0].To = tablePages(v).linkTo(at("roles", r.RoleName), "GetRole", "RoleName", r.RoleName)
		page.Table.Rows = append(page.Table.Rows, row{Cells: cells})
	}
	if v.may("ram:CreateRole") {
		page.Forms = append(page.Forms, tablePages(v).formFor("CreateRole", s, postForm{Title: "New role", To: "roles", Button: "Create", Open: len(page.Table.Rows) == 0},
			map[string]string{"AssumeRolePolicyDocument": fmt.Sprintf(trusting, v.person.Identity.AccountID)}, nil))
	}
	v.render(tablePages(v).status(s), "list", "Roles", page)
	return nil
}

func (v rolePages) createRole() error {
	values := formPages(v).values(operation("CreateRole"))
	if err := formPages(v).addFiles(values, "AssumeRolePolicyDocument"); err != nil {
		return err
	}
	if _, err := v.do("CreateRole", values); err != nil {
		return v.roleList(sent{"roles", values, err})
	}
	return v.done(at("roles", values["RoleName"]), "The role is made. Attach a policy: without one its sessions may do nothing.")
}

// holder returns the role of the page.
func (v rolePages) holder() holder {
	name := v.r.PathValue("role")
	return holder{"Role", name, at("roles", name)}
}

func (v rolePages) role() error { return v.showRole(sent{}, nil) }

// showRole shows a role, and a session that was just begun: its credentials are shown on
// this one page only.
func (v rolePages) showRole(s sent, begun *api.Credentials) error {
	h := v.holder()
	out, err := ask[api.GetRoleOutput](v.visit, "GetRole", h.of())
	if err != nil {
		return err
	}
	r := out.Role
	longest := strconv.FormatInt(r.MaxSessionDuration, 10)
	page := objectPage{
		Lists: []crumb{{Text: "Roles", To: tablePages(v).linkTo("roles", "ListRoles")}}, Name: h.name, Text: r.Description, Document: indented([]byte(r.AssumeRolePolicyDocument)), Session: begun,
		Facts: []fact{
			{Name: "ARN", Value: r.Arn, Mono: true},
			{Name: "Id", Value: r.RoleID, Mono: true},
			{Name: "Longest session", Value: longest + " seconds"},
			{Name: "Made", Value: r.CreateDate},
			{Name: "Changed", Value: r.UpdateDate},
		},
	}
	if v.mayCall(operation("UpdateRole"), h.of()) {
		page.Forms = append(page.Forms, tablePages(v).formFor("UpdateRole", s, postForm{Title: "Change description, trust policy and longest session", To: h.here, Button: "Save", Note: "Sessions that have begun go on."},
			map[string]string{"NewDescription": r.Description, "NewAssumeRolePolicyDocument": r.AssumeRolePolicyDocument, "NewMaxSessionDuration": longest}, map[string]tweak{"RoleName": leftOut}))
	}
	// The API refuses a session for the root key whatever the trust policy says.
	if !v.person.Identity.Root() && v.mayCall(operation("AssumeRole"), map[string]string{"RoleArn": r.Arn}) {
		page.Forms = append(page.Forms, tablePages(v).formFor("AssumeRole", s, postForm{Title: "Begin a session", To: h.here + "/session", Button: "Begin", Note: "The answer is a temporary access key with a token."},
			nil, map[string]tweak{"RoleArn": leftOut}))
	}
	policies, none := holderPages(v).section(h, "None: a session of the role may do nothing.")
	page.offerDeletion(v.mayCall(operation("DeleteRole"), h.of()), !none, h.here+"/delete", "The role can be deleted once it has no policies.")
	page.Sections = []section{policies}
	v.render(tablePages(v).status(s), "object", "Role "+h.name, page)
	return nil
}

func (v rolePages) changeRole() error {
	h := v.holder()
	values := tablePages(v).changes("UpdateRole", "NewDescription")
	values["RoleName"] = h.name
	if err := formPages(v).addFiles(values, "NewAssumeRolePolicyDocument"); err != nil {
		return err
	}
	if _, err := v.do("UpdateRole", values); err != nil {
		return v.showRole(sent{h.here, values, err}, nil)
	}
	return v.done(h.here, "The role is changed. Sessions that have begun go on.")
}

func (v rolePages) assumeRole() error {
	h := v.holder()
	role, err := ask[api.GetRoleOutput](v.visit, "GetRole", h.of())
	if err != nil {
		return err
	}
	values := formPages(v).values(operation("AssumeRole"))
	values["RoleArn"] = role.Role.Arn
	if err := formPages(v).addFiles(values, "Policy"); err != nil {
		return err
	}
	out, err := ask[api.AssumeRoleOutput](v.visit, "AssumeRole", values)
	if err != nil {
		return v.showRole(sent{h.here + "/session", values, err}, nil)
	}
	return v.showRole(sent{}, &out.Credentials)
}

func (v rolePages) attachPolicy() error { return holderPages(v).attach(v.holder()) }

func (v rolePages) detachPage() error {
	return holderPages(v).detachPage(v.holder(), "What only this policy allows is refused to sessions of the role from then on, those that have begun included.")
}

func (v rolePages) detachPolicy() error { return holderPages(v).detach(v.holder()) }

func (v rolePages) deleteRolePage() error {
	h := v.holder()
	return formPages(v).confirm(question{
		Call: "DeleteRole", Params: h.of(), Title: "Delete the role " + h.name + "?", Button: "Delete",
		Text: "Its sessions end. A role with policies cannot be deleted.", Do: h.here + "/delete", Back: h.here,
	})
}

func (v rolePages) deleteRole() error {
	return formPages(v).delete("DeleteRole", v.holder().of(), v.holder().here, "roles", "The role is deleted.")
}
