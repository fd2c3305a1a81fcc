package elbtest

import (
	"fmt"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
)

const (
	allowENS = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:*","Resource":"*"}]}`
	denyENS  = `{"Version":"1","Statement":[{"Effect":"Deny","Action":"ens:*","Resource":"*"}]}`
	readENS  = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:Describe*","Resource":"*"}]}`
)

// An organization makes calls of RAM as root; each must succeed.
type organization struct {
	testing.TB
	*SDK
}

func (o organization) call(action string, params map[string]string) {
	o.Helper()
	request := requests.NewCommonRequest()
	request.Domain, request.Version, request.ApiName, request.Scheme = o.RAM.Domain, "2015-05-01", action, "http"
	request.QueryParams = params
	if _, err := o.RAM.ProcessCommonRequest(request); err != nil {
		o.Fatalf("%s %v: %v", action, params, err)
	}
}

// reads and writes return the error codes of two calls of ENS: one that reads, and one
// that changes something.
func reads(s *SDK) string {
	_, err := s.ENS.DescribeLoadBalancers(ens.CreateDescribeLoadBalancersRequest())
	return Code(err)
}

func writes(s *SDK) string {
	_, err := s.ENS.SetLoadBalancerStatus(Fill(ens.CreateSetLoadBalancerStatusRequest(), map[string]string{"LoadBalancerId": "lb-none", "LoadBalancerStatus": "Active"}))
	return Code(err)
}

// mayWrite is the code of writes if the call is permitted, because its load balancer does
// not exist.
const mayWrite = "LoadBalancerNotFound"

// A user has the policies of the user's groups from joining a group to leaving it. A Deny
// of a group outweighs an Allow of the user. Renaming a user or a group does not change
// that.
func TestGroupPolicies(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	root := organization{t, n.SDK(t)}
	alice := user(t, n, "alice", "Custom", "nothing", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"cas:Nothing","Resource":"*"}]}`)
	want := func(when, read, write string) {
		t.Helper()
		if r, w := reads(alice), writes(alice); r != read || w != write {
			t.Errorf("%s: reading ends with %q, writing with %q, want %q and %q", when, r, w, read, write)
		}
	}
	for name, document := range map[string]string{"allow-ens": allowENS, "deny-ens": denyENS} {
		root.call("CreatePolicy", map[string]string{"PolicyName": name, "PolicyDocument": document})
	}
	for _, name := range []string{"operators", "suspended"} {
		root.call("CreateGroup", map[string]string{"GroupName": name, "Comments": "of " + name})
	}
	root.call("AttachPolicyToGroup", map[string]string{"PolicyType": "Custom", "PolicyName": "allow-ens", "GroupName": "operators"})
	root.call("AttachPolicyToGroup", map[string]string{"PolicyType": "Custom", "PolicyName": "deny-ens", "GroupName": "suspended"})
	want("before", "NoPermission", "NoPermission")
	root.call("AddUserToGroup", map[string]string{"GroupName": "operators", "UserName": "alice"})
	want("in the group", "", mayWrite)
	root.call("UpdateGroup", map[string]string{"GroupName": "operators", "NewGroupName": "ops"})
	want("in the renamed group", "", mayWrite)
	root.call("AddUserToGroup", map[string]string{"GroupName": "suspended", "UserName": "alice"})
	want("in a group that is denied it", "NoPermission", "NoPermission")
	root.call("RemoveUserFromGroup", map[string]string{"GroupName": "suspended", "UserName": "alice"})
	root.call("UpdateUser", map[string]string{"UserName": "alice", "NewUserName": "alice.b", "NewComments": "married"})
	want("under another name", "", mayWrite)

	listed, err := root.RAM.ListGroupsForUser(Fill(ram.CreateListGroupsForUserRequest(), map[string]string{"UserName": "alice.b"}))
	if err != nil || len(listed.Groups.Group) != 1 || listed.Groups.Group[0].GroupName != "ops" || listed.Groups.Group[0].JoinDate == "" {
		t.Errorf("groups of the renamed user: %v, %+v", err, listed)
	}
	users, err := root.RAM.ListUsersForGroup(Fill(ram.CreateListUsersForGroupRequest(), map[string]string{"GroupName": "ops"}))
	if err != nil || len(users.Users.User) != 1 || users.Users.User[0].UserName != "alice.b" {
		t.Errorf("users of the renamed group: %v, %+v", err, users)
	}
	keys, err := root.RAM.ListAccessKeys(Fill(ram.CreateListAccessKeysRequest(), map[string]string{"UserName": "alice.b"}))
	if err != nil || len(keys.AccessKeys.AccessKey) != 1 {
		t.Errorf("keys of the renamed user: %v, %+v", err, keys)
	}
	_, err = root.RAM.DeleteGroup(Fill(ram.CreateDeleteGroupRequest(), map[string]string{"GroupName": "ops"}))
	if Code(err) != "DeleteConflict.Group.User" {
		t.Errorf("a group with a user: %v", err)
	}
	root.call("DetachPolicyFromGroup", map[string]string{"PolicyType": "Custom", "PolicyName": "allow-ens", "GroupName": "ops"})
	want("when the group has no policy", "NoPermission", "NoPermission")
	root.call("RemoveUserFromGroup", map[string]string{"GroupName": "ops", "UserName": "alice.b"})
	root.call("DeleteGroup", map[string]string{"GroupName": "ops"})
	root.call("DeletePolicy", map[string]string{"PolicyName": "allow-ens"})
}

// A user has the default version of a policy, and a policy has at most five versions.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	root := organization{t, n.SDK(t)}
	bob := user(t, n, "bob", "Custom", "p", readENS)
	version := func(document, setDefault, rotate string) (string, error) {
		request := ram.CreateCreatePolicyVersionRequest()
		request.PolicyName, request.PolicyDocument, request.SetAsDefault, request.RotateStrategy = "p", document, requests.Boolean(setDefault), rotate
		made, err := root.RAM.CreatePolicyVersion(request)
		if err != nil {
			return "", err
		}
		return made.PolicyVersion.VersionId, nil
	}
	if got := writes(bob); got != "NoPermission" {
		t.Errorf("with v1: writing ends with %q", got)
	}
	if id, err := version(allowENS, "", ""); id != "v2" || err != nil {
		t.Fatalf("second version: %s, %v", id, err)
	}
	if got := writes(bob); got != "NoPermission" {
		t.Errorf("with v1 still the default: writing ends with %q", got)
	}
	root.call("SetDefaultPolicyVersion", map[string]string{"PolicyName": "p", "VersionId": "v2"})
	if got := writes(bob); got != mayWrite {
		t.Errorf("with v2: writing ends with %q", got)
	}
	for i := 3; i <= 5; i++ {
		if id, err := version(readENS, "false", "None"); id != fmt.Sprint("v", i) || err != nil {
			t.Fatalf("version %d: %s, %v", i, id, err)
		}
	}
	if _, err := version(readENS, "", ""); Code(err) != "LimitExceeded.Policy.Version" {
		t.Errorf("sixth version: %v", err)
	}
	if id, err := version(denyENS, "true", "DeleteOldestNonDefaultVersionWhenLimitExceeded"); id != "v6" || err != nil {
		t.Errorf("sixth version in the place of the oldest: %s, %v", id, err)
	}
	if got := reads(bob); got != "NoPermission" {
		t.Errorf("with v6, which denies: reading ends with %q", got)
	}
	listed, err := root.RAM.ListPolicyVersions(Fill(ram.CreateListPolicyVersionsRequest(), map[string]string{"PolicyType": "Custom", "PolicyName": "p"}))
	if err != nil {
		t.Fatal(err)
	}
	ids := ""
	for _, v := range listed.PolicyVersions.PolicyVersion {
		ids += v.VersionId + fmt.Sprintf("(%t) ", v.IsDefaultVersion)
	}
	if want := "v2(false) v3(false) v4(false) v5(false) v6(true) "; ids != want {
		t.Errorf("got %s, want %s", ids, want)
	}
	_, err = root.RAM.DeletePolicyVersion(Fill(ram.CreateDeletePolicyVersionRequest(), map[string]string{"PolicyName": "p", "VersionId": "v6"}))
	if Code(err) != "DeleteConflict.Policy.Version.Default" {
		t.Errorf("delete the default version: %v", err)
	}
	got, err := root.RAM.GetPolicy(Fill(ram.CreateGetPolicyRequest(), map[string]string{"PolicyType": "Custom", "PolicyName": "p"}))
	if err != nil || got.Policy.DefaultVersion != "v6" || got.DefaultPolicyVersion.PolicyDocument != denyENS {
		t.Errorf("GetPolicy: %v, %+v", err, got)
	}
	for _, id := range []string{"v2", "v3", "v4", "v5"} {
		root.call("DeletePolicyVersion", map[string]string{"PolicyName": "p", "VersionId": id})
	}
	if id, err := version(readENS, "true", ""); id != "v7" || err != nil {
		t.Errorf("the number of a version that was deleted is given again: %s, %v", id, err)
	}
	if got := reads(bob); got != "" {
		t.Errorf("with v7: reading ends with %q", got)
	}
}
