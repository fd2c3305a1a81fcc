package elbtest

import (
	"encoding/json"
	"strings"
	"testing"

	"elbow/internal/api"
)

// The requests of the Terraform provider for a RAM user, a group with a member, a role, a
// policy and its attachments: create, read, change, drift, destroy with force, and destroy
// of what is gone.
func TestTerraformIdentities(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	user, group, role := map[string]string{"UserName": "tf-alice"}, map[string]string{"GroupName": "tf-ops"}, map[string]string{"RoleName": "tf-deploy"}
	policy := map[string]string{"PolicyType": "Custom", "PolicyName": "tf-read"}
	custom := map[string]string{"PolicyName": "tf-read"}

	// The provider finds a user by the id in the list of all users.
	id := p.answer("CreateUser", with(user, "DisplayName", "Alice", "MobilePhone", "86-18600008888", "Email", "alice@example.com", "Comments", "on call"))["User"].(map[string]any)["UserId"].(string)
	var list api.ListUsersOutput
	p.must(t, "ListUsers", map[string]string{"MaxItems": "100"}, &list)
	found := ""
	for _, u := range list.Users.User {
		if u.UserID == id {
			found = u.UserName
		}
	}
	if found != "tf-alice" {
		t.Fatalf("the list has %q under the id %s", found, id)
	}
	read := func() map[string]any { return p.answer("GetUser", user)["User"].(map[string]any) }
	p.want("created", read(), map[string]string{"UserId": id, "DisplayName": "Alice", "MobilePhone": "86-18600008888", "Email": "alice@example.com", "Comments": "on call"})
	for name, value := range map[string]string{"DisplayName": "Bob", "MobilePhone": "86-18600009999", "Email": "bob@example.com", "Comments": "off"} {
		p.answer("UpdateUser", with(user, "NewUserName", "tf-alice", "New"+name, value))
		p.want("changed", read(), map[string]string{name: value})
		p.answer("UpdateUser", with(user, "NewUserName", "tf-alice", "New"+name, ""))
		p.want("cleared", read(), map[string]string{name: ""})
	}

	p.answer("CreateGroup", with(group, "Comments", "operators"))
	p.answer("UpdateGroup", with(group, "NewComments", "all operators"))
	p.want("group", p.answer("GetGroup", group)["Group"].(map[string]any), map[string]string{"GroupName": "tf-ops", "Comments": "all operators"})
	p.answer("AddUserToGroup", with(group, "UserName", "tf-alice"))
	if got := p.answer("ListUsersForGroup", group)["Users"].(map[string]any)["User"].([]any); len(got) != 1 {
		t.Errorf("members: %v", got)
	}

	trust := `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}`
	p.answer("CreateRole", with(role, "AssumeRolePolicyDocument", trust, "Description", "deploys", "MaxSessionDuration", "3600"))
	readRole := func() map[string]any { return p.answer("GetRole", role)["Role"].(map[string]any) }
	p.want("role", readRole(), map[string]string{"AssumeRolePolicyDocument": trust, "Description": "deploys", "MaxSessionDuration": "3600"})
	other := strings.Replace(trust, "ecs.aliyuncs.com", "fc.aliyuncs.com", 1)
	p.answer("UpdateRole", with(role, "NewDescription", "", "NewMaxSessionDuration", "7200", "NewAssumeRolePolicyDocument", other))
	p.want("role", readRole(), map[string]string{"AssumeRolePolicyDocument": other, "Description": "", "MaxSessionDuration": "7200"})

	document := `{"Statement":[{"Action":["ens:Describe*"],"Effect":"Allow","Resource":["*"]}],"Version":"1"}`
	p.answer("CreatePolicy", with(custom, "PolicyDocument", document, "Description", "reads"))
	readPolicy := func() (description, document, version string) {
		got := p.answer("GetPolicy", policy)
		of, v := got["Policy"].(map[string]any), got["DefaultPolicyVersion"].(map[string]any)
		return of["Description"].(string), v["PolicyDocument"].(string), v["VersionId"].(string)
	}
	if d, text, v := readPolicy(); d != "reads" || compact(t, text) != document || v != "v1" {
		t.Errorf("policy: %s, %s, %s", d, text, v)
	}
	changed := strings.Replace(document, "Describe", "List", 1)
	p.answer("CreatePolicyVersion", with(custom, "PolicyDocument", changed, "SetAsDefault", "true", "RotateStrategy", "DeleteOldestNonDefaultVersionWhenLimitExceeded"))
	p.answer("UpdatePolicyDescription", with(custom, "NewDescription", "lists"))
	if d, text, v := readPolicy(); d != "lists" || compact(t, text) != changed || v != "v2" {
		t.Errorf("changed policy: %s, %s, %s", d, text, v)
	}
	p.answer("UpdatePolicyDescription", with(custom, "NewDescription", ""))
	if d, _, _ := readPolicy(); d != "" {
		t.Errorf("cleared description: %q", d)
	}

	holders := map[string]map[string]string{"User": user, "Group": group, "Role": role}
	for kind, of := range holders {
		p.answer("AttachPolicyTo"+kind, with(of, "PolicyType", "Custom", "PolicyName", "tf-read"))
		got := p.answer("ListPoliciesFor"+kind, of)["Policies"].(map[string]any)["Policy"].([]any)
		if len(got) != 1 || got[0].(map[string]any)["PolicyName"] != "tf-read" {
			t.Errorf("policies of the %s: %v", kind, got)
		}
	}
	if got := p.answer("GetPolicy", policy)["Policy"].(map[string]any); got["AttachmentCount"] != 3.0 {
		t.Errorf("attached policy: %v", got)
	}

	// Destroy with force: the policy asks for those that have it, and has two versions.
	var entities api.ListEntitiesForPolicyOutput
	p.must(t, "ListEntitiesForPolicy", policy, &entities)
	if len(entities.Users.User) != 1 || entities.Users.User[0].UserName != "tf-alice" || entities.Users.User[0].AttachDate == "" ||
		len(entities.Groups.Group) != 1 || entities.Groups.Group[0].GroupName != "tf-ops" ||
		len(entities.Roles.Role) != 1 || entities.Roles.Role[0].RoleName != "tf-deploy" {
		t.Errorf("entities: %+v", entities)
	}
	for kind, of := range holders {
		detach := with(of, "PolicyType", "Custom", "PolicyName", "tf-read")
		p.answer("DetachPolicyFrom"+kind, detach)
		p.gone("DetachPolicyFrom"+kind, detach)
	}
	p.refused("DeletePolicy", custom, "DeleteConflict.Policy.Version")
	p.answer("DeletePolicy", with(custom, "CascadingDelete", "true"))
	p.gone("GetPolicy", policy)
	p.gone("DeletePolicy", with(custom, "CascadingDelete", "true"))

	// The user with force: keys, policies, groups, password and second factor first.
	p.refused("DeleteUser", user, "DeleteConflict.User.Group")
	p.answer("RemoveUserFromGroup", with(group, "UserName", "tf-alice"))
	p.gone("RemoveUserFromGroup", with(group, "UserName", "tf-alice"))
	p.refused("DeleteLoginProfile", user, "EntityNotExist.User.LoginProfile")
	p.answer("UnbindMFADevice", user)
	p.answer("DeleteUser", user)
	for action, of := range map[string]map[string]string{"DeleteGroup": group, "DeleteRole": role} {
		p.answer(action, of)
		p.gone(action, of)
	}
	p.gone("GetUser", user)
	p.gone("GetGroup", group)
	p.gone("GetRole", role)
}

// compact returns a JSON document without white space: the provider compares documents by
// their content.
func compact(t *testing.T, document string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(v) // of what was unmarshalled
	return string(text)
}
