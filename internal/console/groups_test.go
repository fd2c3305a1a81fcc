package console

import (
	"net/http"
	"strings"
	"testing"

	"elbow/internal/api"
)

// withGroups adds a group with a user and a role, both with a policy. Their texts are
// hostile.
func withGroups(s *site) {
	group := api.RAMGroup{GroupID: "g-1", GroupName: "operators", Comments: hostile}
	s.answers["ListGroups"] = api.ListGroupsOutput{Groups: api.UserGroups{Group: []api.RAMGroup{group}}}
	for action, out := range map[string]any{
		"CreateGroup": api.CreateGroupOutput{Group: group}, "GetGroup": api.GetGroupOutput{Group: group}, "UpdateGroup": api.UpdateGroupOutput{Group: group},
	} {
		s.answers[action] = out
	}
	s.answers["ListUsersForGroup"] = api.ListUsersForGroupOutput{Users: api.Users{User: []api.User{{UserName: "bob", DisplayName: hostile}}}}
	s.answers["ListUsers"] = api.ListUsersOutput{Users: api.Users{User: []api.User{{UserName: "bob", UserID: "3"}, {UserName: "carol", UserID: "4"}}}}
	policies := api.UserPolicies{Policy: []api.UserPolicy{{PolicyName: "mine", PolicyType: "Custom", Description: hostile}}}
	s.answers["ListPoliciesForGroup"] = api.ListPoliciesForGroupOutput{Policies: policies}
	s.answers["ListPoliciesForRole"] = api.ListPoliciesForRoleOutput{Policies: policies}
	s.answers["ListPolicies"] = api.ListPoliciesOutput{Policies: api.Policies{Policy: []api.Policy{{PolicyName: "mine", PolicyType: "Custom"}, {PolicyName: "other", PolicyType: "System"}}}}
	role := api.Role{RoleName: "deploy", Arn: "acs:ram::1:role/deploy", Description: hostile, AssumeRolePolicyDocument: hostile, MaxSessionDuration: 3600}
	s.answers["ListRoles"] = api.ListRolesOutput{Roles: api.Roles{Role: []api.Role{role}}}
	s.answers["GetRole"] = api.GetRoleOutput{Role: role}
}

// An error of the API is shown beside the field of the form.
func TestGroupAndRoleErrorsBesideTheField(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "alice")
	for _, f := range []refusedForm{
		{"groups", "CreateGroup", "InvalidGroupName", "GroupName", []string{"GroupName", "as-typed"}},
		{"groups/operators", "UpdateGroup", "InvalidNewComments", "NewComments", []string{"NewComments", "as-typed"}},
		{"roles", "CreateRole", "MalformedPolicyDocument", "AssumeRolePolicyDocument", []string{"RoleName", "as-typed", "AssumeRolePolicyDocument", "as-typed-too"}},
		{"roles/deploy", "UpdateRole", "InvalidNewMaxSessionDuration", "NewMaxSessionDuration", []string{"NewMaxSessionDuration", "7201"}},
		{"roles/deploy/session", "AssumeRole", "InvalidRoleSessionName", "RoleSessionName", []string{"RoleSessionName", "as-typed"}},
	} {
		f.wantBesideTheField(t, s.site, b)
	}
}

// Each form makes its call and leads to the page of the object.
func TestGroupAndRoleForms(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "root-key")
	for _, f := range []acceptedForm{
		{"groups", []string{"GroupName", "operators", "Comments", "on call"}, "CreateGroup Comments=on call GroupName=operators", "groups/operators"},
		{"groups/operators", []string{"NewGroupName", "operators", "NewComments", ""}, "UpdateGroup GroupName=operators NewComments=", "groups/operators"},
		{"groups/operators/users", []string{"user", "carol"}, "AddUserToGroup GroupName=operators UserName=carol", "groups/operators"},
		{"groups/operators/users/remove", []string{"user", "bob"}, "RemoveUserFromGroup GroupName=operators UserName=bob", "groups/operators"},
		{"groups/operators/policies", []string{"policy", "System other"}, "AttachPolicyToGroup GroupName=operators PolicyName=other PolicyType=System", "groups/operators"},
		{"groups/operators/policies/detach", []string{"policy", "Custom mine"}, "DetachPolicyFromGroup GroupName=operators PolicyName=mine PolicyType=Custom", "groups/operators"},
		{"groups/operators/delete", nil, "DeleteGroup GroupName=operators", "groups"},
		{"roles", []string{"RoleName", "deploy", "AssumeRolePolicyDocument", "{\r\n}"}, "CreateRole AssumeRolePolicyDocument={\n} RoleName=deploy", "roles/deploy"},
		{"roles/deploy", []string{"NewDescription", "", "NewAssumeRolePolicyDocument", ""}, "UpdateRole NewDescription= RoleName=deploy", "roles/deploy"},
		{"roles/deploy/policies", []string{"policy", "System other"}, "AttachPolicyToRole PolicyName=other PolicyType=System RoleName=deploy", "roles/deploy"},
		{"roles/deploy/policies/detach", []string{"policy", "Custom mine"}, "DetachPolicyFromRole PolicyName=mine PolicyType=Custom RoleName=deploy", "roles/deploy"},
		{"roles/deploy/delete", nil, "DeleteRole RoleName=deploy", "roles"},
	} {
		f.wantCall(t, s.site, b)
	}
}

// Whatever ends access is confirmed first. A group or role with users or policies has no
// link to its deletion; its page says why.
func TestGroupAndRoleQuestions(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "root-key")
	for page, want := range map[string][]string{
		"groups/operators":                                    {"users/remove?user=bob", "policies/detach?policy=Custom&#43;mine", `<option value="carol">`, `<option value="System other">`, "once it has no users and no policies"},
		"roles/deploy":                                        {"policies/detach?policy=Custom&#43;mine", "acs:ram::1:role/deploy", "3600 seconds", "once it has no policies"},
		"groups/operators/users/remove?user=bob":              {"Remove bob from operators?"},
		"groups/operators/policies/detach?policy=Custom+mine": {"Detach the policy mine from operators?"},
		"roles/deploy/policies/detach?policy=Custom+mine":     {"Detach the policy mine from deploy?"},
		"roles/deploy/delete":                                 {"Its sessions end."},
	} {
		got := b.get(page)
		got.want(t, http.StatusOK, want...)
		if strings.Contains(got.text, page+"/delete\"") && !strings.HasSuffix(page, "/delete") {
			t.Errorf("%s offers a deletion that must fail", page)
		}
	}
	s.with(func() {
		for _, action := range []string{"ListUsersForGroup", "ListPoliciesForGroup", "ListPoliciesForRole", "ListGroups", "ListRoles"} {
			s.answers[action] = operation(action).Out()
		}
	})
	b.get("groups/operators").want(t, http.StatusOK, "groups/operators/delete", "No user is in the group.", "gives its users nothing")
	b.get("roles/deploy").want(t, http.StatusOK, "roles/deploy/delete", "a session of the role may do nothing")
	b.get("groups").want(t, http.StatusOK, "There is no group yet.")
	b.get("roles").want(t, http.StatusOK, "There is no role yet.", "acs:ram::1:root")
}

// A user begins a session, whose secret and token are shown once. The root key, which the
// API refuses a session, is not offered one.
func TestSessionOfARole(t *testing.T) {
	s := newStrictSite(t)
	s.with(func() {
		s.answers["AssumeRole"] = api.AssumeRoleOutput{Credentials: api.Credentials{AccessKeyID: "STS.1", AccessKeySecret: "the-secret", SecurityToken: "the-token", Expiration: "2026-11-25T15:00:00Z"}}
	})
	alice := s.signIn(t, "alice")
	alice.get("roles/deploy").want(t, http.StatusOK, "Begin a session")
	got := alice.post("roles/deploy/session", "RoleSessionName", "build-17", "DurationSeconds", "900")
	got.want(t, http.StatusOK, "STS.1", "the-secret", "the-token", "2026-11-25T15:00:00Z")
	if !s.called("alice AssumeRole DurationSeconds=900 RoleArn=acs:ram::1:role/deploy RoleSessionName=build-17") {
		t.Errorf("calls: %q", s.calls)
	}
	if got := alice.get("roles/deploy"); strings.Contains(got.text, "the-secret") || strings.Contains(got.text, "the-token") {
		t.Error("the secret is shown again")
	}
	root := s.signIn(t, "root-key")
	if got := root.get("roles/deploy"); strings.Contains(got.text, "Begin a session") {
		t.Error("the root key is offered a session")
	}
}
