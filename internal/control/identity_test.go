package control_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

const allowAll = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func named(user string) params { return params{"UserName": user} }

func TestUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.do("CreateUser", params{
		"UserName": "alice", "DisplayName": "Alice", "MobilePhone": "123", "Email": "a@example.com", "Comments": "c",
	})
	id := answer(created["User"].(map[string]any)).text("UserId")
	want := answer{"User": map[string]any{
		"UserId": id, "UserName": "alice", "DisplayName": "Alice", "MobilePhone": "123", "Email": "a@example.com",
		"Comments": "c", "CreateDate": "2026-03-27T12:00:00Z", "UpdateDate": "2026-03-27T12:00:00Z",
	}}
	if diff := cmp.Diff(want, created); diff != "" || len(id) != 18 {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, w.do("GetUser", named("alice"))); diff != "" {
		t.Errorf("got (-want +got):\n%s", diff)
	}
	w.refuse("CreateUser", named("alice"), "EntityAlreadyExists.User")
	w.refuse("GetUser", named("bob"), "EntityNotExist.User")
	w.refuse("DeleteUser", named("bob"), "EntityNotExist.User")
	w.do("DeleteUser", named("alice"))
	w.refuse("GetUser", named("alice"), "EntityNotExist.User")
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"carol", "alice", "bob"} {
		w.do("CreateUser", named(name))
	}
	var got []string
	p := params{"MaxItems": "2"}
	for range 2 {
		a := w.do("ListUsers", p)
		got = append(got, strings.Join(texts(a.list("Users", "User"), "UserName"), " ")+fmt.Sprint(" ", a["IsTruncated"]))
		p = p.with(params{"Marker": a.text("Marker")})
	}
	if diff := cmp.Diff([]string{"alice bob true", "carol false"}, got); diff != "" {
		t.Errorf("stretches (-want +got):\n%s", diff)
	}
}

func TestDeleteUserOfOneWhoHasSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("CreateUser", named("alice"))
	key := w.do("CreateAccessKey", named("alice")).text("AccessKey", "AccessKeyId")
	w.refuse("DeleteUser", named("alice"), "DeleteConflict.User.AccessKey")
	w.do("DeleteAccessKey", named("alice").with(params{"UserAccessKeyId": key}))
	readOnly := named("alice").with(params{"PolicyType": "System", "PolicyName": "AliyunENSReadOnlyAccess"})
	w.do("AttachPolicyToUser", readOnly)
	w.refuse("DeleteUser", named("alice"), "DeleteConflict.User.Policy")
	w.do("DetachPolicyFromUser", readOnly)
	w.do("DeleteUser", named("alice"))
}

func TestAccessKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("CreateUser", named("alice"))
	created := w.do("CreateAccessKey", named("alice"))
	id, secret := created.text("AccessKey", "AccessKeyId"), created.text("AccessKey", "AccessKeySecret")
	if len(secret) != 30 || created.text("AccessKey", "Status") != "Active" {
		t.Errorf("created %v", created)
	}
	c, found, err := w.store.Credential(t.Context(), id)
	if err != nil || !found || c.Key.Secret != secret || c.User.Name != "alice" || !c.Key.Active {
		t.Errorf("credential %+v, %v, %v", c, found, err)
	}
	w.setTime(today.Add(time.Minute))
	second := w.do("CreateAccessKey", named("alice")).text("AccessKey", "AccessKeyId")
	w.refuse("CreateAccessKey", named("alice"), "LimitExceeded.User.AccessKey")

	this := named("alice").with(params{"UserAccessKeyId": id})
	w.do("UpdateAccessKey", this.with(params{"Status": "Inactive"}))
	want := []answer{
		{"AccessKeyId": id, "Status": "Inactive", "CreateDate": "2026-03-27T12:00:00Z"},
		{"AccessKeyId": second, "Status": "Active", "CreateDate": "2026-03-27T12:01:00Z"},
	}
	if diff := cmp.Diff(want, w.do("ListAccessKeys", named("alice")).list("AccessKeys", "AccessKey")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	w.do("DeleteAccessKey", this)
	if _, found, _ := w.store.Credential(t.Context(), id); found {
		t.Error("the deleted key is still there")
	}
	for action, more := range map[string]params{"UpdateAccessKey": {"Status": "Active"}, "DeleteAccessKey": {}} {
		w.refuse(action, this.with(more), "EntityNotExist.User.AccessKey")
		w.refuse(action, this.with(more).with(named("bob")), "EntityNotExist.User")
		w.refuse(action, this.with(more).with(params{"UserAccessKeyId": "root"}), "EntityNotExist.User.AccessKey") // not hers
	}
	for _, action := range []string{"CreateAccessKey", "ListAccessKeys"} {
		w.refuse(action, named("bob"), "EntityNotExist.User")
	}
}

// Without a name, keys are the caller's own.
func TestAccessKeysOfTheCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("CreateUser", named("alice"))
	for n := 1; n < 5; n++ {
		w.do("CreateAccessKey", nil) // root's: five with that of the first start
	}
	w.refuse("CreateAccessKey", nil, "LimitExceeded.User.AccessKey")
	if n := len(w.do("ListAccessKeys", nil).list("AccessKeys", "AccessKey")); n != 5 {
		t.Errorf("root has %d keys, want 5", n)
	}
	w.who.UserName = "alice"
	w.do("CreateAccessKey", nil)
	if n := len(w.do("ListAccessKeys", nil).list("AccessKeys", "AccessKey")); n != 1 {
		t.Errorf("alice has %d keys, want 1", n)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := params{"PolicyName": "mine", "PolicyType": "Custom"}
	created := w.do("CreatePolicy", params{"PolicyName": "mine", "PolicyDocument": allowAll, "Description": "d"})
	want := answer{
		"PolicyName": "mine", "PolicyType": "Custom", "Description": "d", "DefaultVersion": "v1",
		"CreateDate": "2026-03-27T12:00:00Z", "UpdateDate": "2026-03-27T12:00:00Z", "AttachmentCount": 0.0,
	}
	if diff := cmp.Diff(want, answer(created["Policy"].(map[string]any))); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	got := w.do("GetPolicy", mine)
	version := answer{"VersionId": "v1", "IsDefaultVersion": true, "PolicyDocument": allowAll, "CreateDate": "2026-03-27T12:00:00Z"}
	if diff := cmp.Diff(version, answer(got["DefaultPolicyVersion"].(map[string]any))); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
	w.refuse("CreatePolicy", params{"PolicyName": "mine", "PolicyDocument": allowAll}, "EntityAlreadyExists.Policy")
	w.refuse("CreatePolicy", params{"PolicyName": "bad", "PolicyDocument": `{"Version":"1"}`}, "MalformedPolicyDocument")
	w.refuse("GetPolicy", params{"PolicyName": "mine", "PolicyType": "System"}, "EntityNotExist.Policy")
	w.refuse("GetPolicy", params{"PolicyName": "none", "PolicyType": "Custom"}, "EntityNotExist.Policy")
	w.refuse("DeletePolicy", params{"PolicyName": "none"}, "EntityNotExist.Policy")
	w.refuse("DeletePolicy", params{"PolicyName": "AliyunENSFullAccess"}, "EntityNotExist.Policy")

	w.do("CreateUser", named("alice"))
	w.do("AttachPolicyToUser", mine.with(named("alice")))
	w.refuse("DeletePolicy", params{"PolicyName": "mine"}, "DeleteConflict.Policy.User")
	w.do("DetachPolicyFromUser", mine.with(named("alice")))
	w.do("DeletePolicy", params{"PolicyName": "mine"})
}

// The documents of the system policies exist, and are valid.
func TestSystemPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"AliyunENSFullAccess", "AliyunENSReadOnlyAccess"} {
		document := w.do("GetPolicy", params{"PolicyType": "System", "PolicyName": name}).text("DefaultPolicyVersion", "PolicyDocument")
		if _, err := ram.Parse(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"b", "a"} {
		w.do("CreatePolicy", params{"PolicyName": name, "PolicyDocument": allowAll})
	}
	w.do("CreateUser", named("alice"))
	w.do("AttachPolicyToUser", params{"UserName": "alice", "PolicyType": "Custom", "PolicyName": "b"})
	system := []string{"AliyunENSFullAccess", "AliyunENSReadOnlyAccess"}
	for _, tt := range []struct {
		p    params
		want []string
	}{
		{nil, append([]string{"a", "b"}, system...)},
		{params{"PolicyType": "Custom"}, []string{"a", "b"}},
		{params{"PolicyType": "System"}, system},
		{params{"MaxItems": "1"}, []string{"a"}},
	} {
		if diff := cmp.Diff(tt.want, texts(w.do("ListPolicies", tt.p).list("Policies", "Policy"), "PolicyName")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.p, diff)
		}
	}
	var all []string
	p := params{"MaxItems": "1"}
	for range 4 {
		a := w.do("ListPolicies", p)
		all = append(all, texts(a.list("Policies", "Policy"), "PolicyName")...)
		p = p.with(params{"Marker": a.text("Marker")})
	}
	if p["Marker"] != "" {
		t.Errorf("the last answer has the marker %q", p["Marker"])
	}
	if diff := cmp.Diff(append([]string{"a", "b"}, system...), all); diff != "" {
		t.Errorf("one by one (-want +got):\n%s", diff)
	}
	if b := w.do("ListPolicies", nil).list("Policies", "Policy")[1]; b["AttachmentCount"] != 1.0 {
		t.Errorf("got %v, want one attachment", b)
	}
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("CreateUser", named("alice"))
	w.do("CreatePolicy", params{"PolicyName": "mine", "PolicyDocument": allowAll, "Description": "d"})
	mine := params{"UserName": "alice", "PolicyType": "Custom", "PolicyName": "mine"}
	w.do("AttachPolicyToUser", mine)
	want := []answer{{
		"PolicyName": "mine", "PolicyType": "Custom", "Description": "d", "DefaultVersion": "v1", "AttachDate": "2026-03-27T12:00:00Z",
	}}
	if diff := cmp.Diff(want, w.do("ListPoliciesForUser", named("alice")).list("Policies", "Policy")); diff != "" {
		t.Errorf("policies of alice (-want +got):\n%s", diff)
	}
	w.refuse("AttachPolicyToUser", mine, "EntityAlreadyExists.User.Policy")
	for _, action := range []string{"AttachPolicyToUser", "DetachPolicyFromUser"} {
		w.refuse(action, mine.with(named("bob")), "EntityNotExist.User")
		w.refuse(action, mine.with(params{"PolicyName": "none"}), "EntityNotExist.Policy")
		w.refuse(action, mine.with(params{"PolicyType": "System"}), "EntityNotExist.Policy")
	}
	w.do("DetachPolicyFromUser", mine)
	w.refuse("DetachPolicyFromUser", mine, "EntityNotExist.User.Policy")
	w.refuse("ListPoliciesForUser", named("bob"), "EntityNotExist.User")

	w.put(func(tx *store.Tx) {
		for i := range 20 {
			store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{UserName: "alice"}, PolicyType: elb.CustomPolicy, PolicyName: fmt.Sprint("p", i)})
		}
	})
	w.refuse("AttachPolicyToUser", mine, "LimitExceeded.User.Policy")
}

// A user with the maximum of everything is renamed in one transaction, and
// nothing is left under the old name.
func TestRenameOfAFullUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("CreateUser", named("alice"))
	w.do("CreateLoginProfile", named("alice").with(params{"Password": "correct-horse"}))
	for range 2 {
		w.do("CreateAccessKey", named("alice"))
	}
	for i := range 20 {
		name := fmt.Sprint("x", i)
		w.do("CreatePolicy", params{"PolicyName": name, "PolicyDocument": `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`})
		w.do("AttachPolicyToUser", named("alice").with(params{"PolicyType": "Custom", "PolicyName": name}))
		w.do("CreateGroup", params{"GroupName": name})
		w.do("AddUserToGroup", named("alice").with(params{"GroupName": name}))
	}
	w.do("UpdateUser", named("alice").with(params{"NewUserName": "alicia"}))
	w.refuse("GetUser", named("alice"), "EntityNotExist.User")
	for action, want := range map[string]int{"ListAccessKeys": 2, "ListPoliciesForUser": 20, "ListGroupsForUser": 20} {
		path := map[string][]string{"ListAccessKeys": {"AccessKeys", "AccessKey"}, "ListPoliciesForUser": {"Policies", "Policy"}, "ListGroupsForUser": {"Groups", "Group"}}[action]
		if got := len(w.do(action, named("alicia")).list(path[0], path[1])); got != want {
			t.Errorf("%s: got %d, want %d", action, got, want)
		}
	}
	w.do("GetLoginProfile", named("alicia"))
	w.do("CreateUser", named("alice")) // another user, who has nothing
	for action, path := range map[string][2]string{"ListAccessKeys": {"AccessKeys", "AccessKey"}, "ListPoliciesForUser": {"Policies", "Policy"}, "ListGroupsForUser": {"Groups", "Group"}} {
		if got := w.do(action, named("alice")).list(path[0], path[1]); len(got) != 0 {
			t.Errorf("%s of another user of the old name: %v", action, got)
		}
	}
	w.refuse("GetLoginProfile", named("alice"), "EntityNotExist.User.LoginProfile")
}

func TestGetCallerIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := answer{"IdentityType": "Account", "AccountId": "1000", "UserId": "1000", "PrincipalId": "1000", "Arn": "acs:ram::1000:root"}
	if diff := cmp.Diff(want, w.do("GetCallerIdentity", nil)); diff != "" {
		t.Errorf("root (-want +got):\n%s", diff)
	}
	w.who = ram.Identity{AccountID: "1000", UserID: "7", UserName: "alice"}
	want = answer{"IdentityType": "RAMUser", "AccountId": "1000", "UserId": "7", "PrincipalId": "7", "Arn": "acs:ram::1000:user/alice"}
	if diff := cmp.Diff(want, w.do("GetCallerIdentity", nil)); diff != "" {
		t.Errorf("alice (-want +got):\n%s", diff)
	}
}

// Signed calls that set a password do not wait for sign-ins.
func TestPasswordsAreSetBesideSignIns(t *testing.T) {
	w := newWorld(t)
	w.do("CreateUser", named("alice"))
	release := w.service.HoldGuesses()
	w.do("CreateLoginProfile", named("alice").with(params{"Password": "correct-horse"}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok, err := w.service.SignIn(ctx, "alice", "correct-horse"); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has left, while others sign in: got %v, %v", ok, err)
	}
	release()
	for _, tt := range []struct {
		name, password string
		want           bool
	}{{"alice", "correct-horse", true}, {"alice", "wrong-horse", false}, {"nobody", "correct-horse", false}} {
		if _, ok, err := w.service.SignIn(t.Context(), tt.name, tt.password); ok != tt.want || err != nil {
			t.Errorf("%s with %s: got %v, %v", tt.name, tt.password, ok, err)
		}
	}
}

// A policy lists those that have it, each by its kind and with the time of the attachment.
func TestListEntitiesForPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	policy := params{"PolicyType": "System", "PolicyName": "AliyunENSFullAccess"}
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000:root"]}}]}`
	w.do("CreateUser", params{"UserName": "alice"})
	w.do("CreateGroup", params{"GroupName": "ops"})
	w.do("CreateRole", params{"RoleName": "deploy", "AssumeRolePolicyDocument": trust})
	w.do("AttachPolicyToUser", policy.with(params{"UserName": "alice"}))
	w.do("AttachPolicyToGroup", policy.with(params{"GroupName": "ops"}))
	w.do("AttachPolicyToRole", policy.with(params{"RoleName": "deploy"}))
	got := w.do("ListEntitiesForPolicy", policy)
	for _, kind := range []struct{ list, one, name, want string }{
		{"Users", "User", "UserName", "alice"},
		{"Groups", "Group", "GroupName", "ops"},
		{"Roles", "Role", "RoleName", "deploy"},
	} {
		all := got.list(kind.list, kind.one)
		if names := texts(all, kind.name); !slices.Equal(names, []string{kind.want}) || all[0]["AttachDate"] == nil {
			t.Errorf("%s: got %v, want %s with AttachDate", kind.list, all, kind.want)
		}
	}
}
