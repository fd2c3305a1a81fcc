package elbtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"elbow/internal/rpc"
	"elbow/internal/store"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// session returns a client with a session of the role trusting, which erin assumes.
func (w *world) session(t testing.TB, further map[string]string) *rpc.Client {
	t.Helper()
	params := w.valid(t, "AssumeRole")
	maps.Copy(params, further)
	return sessionOf(t, w.signer, params)
}

// sessionOf assumes a role and returns a client with the session's key and token.
func sessionOf(t testing.TB, by *rpc.Client, params map[string]string) *rpc.Client {
	t.Helper()
	text, err := patient(t, by, operation(t, "AssumeRole"), params)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Credentials struct{ AccessKeyID, AccessKeySecret, SecurityToken string }
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	c := *by
	c.AccessKeyID, c.Secret, c.Token = out.Credentials.AccessKeyID, out.Credentials.AccessKeySecret, out.Credentials.SecurityToken
	return &c
}

// expiredToken returns the token of an expired session, sealed with the node's own key.
func (n *Node) expiredToken(t testing.TB, c *rpc.Client) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(n.Data(), "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "elbow security token", len(key))
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	session, _ := json.Marshal(store.RoleSession{ // strings can always be marshalled
		AccessKeyID: c.AccessKeyID, Secret: c.Secret, RoleName: "trusting", Expires: time.Now().Add(-time.Second),
	})
	return base64.StdEncoding.EncodeToString(aead.Seal(nil, nil, session, []byte("security token")))
}

// codeOf returns the error code of a call; "" if it succeeded.
func codeOf(err error) string {
	if refusal, ok := errors.AsType[*rpc.Error](err); ok {
		return refusal.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// may returns the error codes of a call that reads and of a call that changes something.
func may(t testing.TB, c *rpc.Client) (read, write string) {
	t.Helper()
	_, r := patient(t, c, operation(t, "DescribeLoadBalancers"), nil)
	_, w := patient(t, c, operation(t, "SetLoadBalancerStatus"), map[string]string{"LoadBalancerId": "lb-none", "LoadBalancerStatus": "Active"})
	return codeOf(r), codeOf(w)
}

// A session may do what both the policies of the role and the session policy allow; a Deny
// in either outweighs it. This holds for V1 and V3 signatures.
func TestAssumeRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, algorithm := range []rpc.Algorithm{rpc.V1, rpc.V3} {
		for name, tt := range map[string]struct {
			role, session, read, write string
		}{
			"all of the role":              {allowENS, "", "", mayWrite},
			"what the role allows":         {readENS, allowAll, "", "NoPermission"},
			"what the session allows":      {allowENS, readENS, "", "NoPermission"},
			"a session that is denied it":  {allowENS, denyENS, "NoPermission", "NoPermission"},
			"a role that is denied it":     {denyENS, allowAll, "NoPermission", "NoPermission"},
			"a role that is allowed other": {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"cas:*","Resource":"*"}]}`, "", "NoPermission", "NoPermission"},
		} {
			w.must(t, "CreatePolicyVersion", map[string]string{
				"PolicyName": "shared", "PolicyDocument": tt.role, "SetAsDefault": "true", "RotateStrategy": "DeleteOldestNonDefaultVersionWhenLimitExceeded",
			}, nil)
			further := map[string]string{}
			if tt.session != "" {
				further["Policy"] = tt.session
			}
			c := w.session(t, further)
			c.Algorithm = algorithm
			if read, write := may(t, c); read != tt.read || write != tt.write {
				t.Errorf("%s: reading ends with %q, writing with %q, want %q and %q", name, read, write, tt.read, tt.write)
			}
		}
	}
	if _, err := patient(t, w.Client, operation(t, "AssumeRole"), w.valid(t, "AssumeRole")); codeOf(err) != "NoPermission" || !strings.Contains(err.Error(), "root") {
		t.Errorf("by root: %v", err)
	}
	for name, changes := range map[string]map[string]string{
		"InvalidParameter.DurationSeconds": {"DurationSeconds": "3601"},
		"InvalidRoleArn":                   {"RoleArn": "trusting"},
		"NoPermission":                     {"RoleArn": "acs:ram::1:role/trusting"}, // of another account
	} {
		params := w.valid(t, "AssumeRole")
		maps.Copy(params, changes)
		if _, err := patient(t, w.signer, operation(t, "AssumeRole"), params); codeOf(err) != name {
			t.Errorf("%v: got %v, want %s", changes, err, name)
		}
	}
	log, err := os.ReadFile(filepath.Join(w.node.Data(), "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), `"user":"role/trusting/tests"`) || strings.Contains(string(log), `"SecurityToken"`) {
		t.Error("the audit log does not name the session, or has a token")
	}
}

// A session is neither the account root, to whose keys a call without a user name would
// refer, nor the user who assumed the role.
func TestSessionIsNotTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(t, "CreatePolicyVersion", map[string]string{"PolicyName": "shared", "PolicyDocument": allowAll, "SetAsDefault": "true"}, nil)
	c := w.session(t, nil)
	for action, want := range map[string]string{
		"CreateAccessKey": "MissingUserName", "ListAccessKeys": "MissingUserName", "ChangePassword": "NotSupported.Account", "GetUser": "",
	} {
		params := map[string]string{"OldPassword": worldPassword, "NewPassword": "another-password"}
		if action == "GetUser" {
			params = map[string]string{"UserName": "alice"}
		}
		if action != "ChangePassword" && action != "GetUser" {
			params = nil
		}
		if _, err := patient(t, c, operation(t, action), params); codeOf(err) != want {
			t.Errorf("%s: got %v, want %q", action, err, want)
		}
	}
	for action, params := range map[string]map[string]string{
		"UpdateAccessKey": {"UserAccessKeyId": w.Client.AccessKeyID, "Status": "Inactive"}, "DeleteAccessKey": {"UserAccessKeyId": w.Client.AccessKeyID},
	} {
		if _, err := patient(t, c, operation(t, action), params); codeOf(err) != "MissingUserName" {
			t.Errorf("%s of root's key: %v", action, err)
		}
	}
	var who struct{ IdentityType, Arn, RoleID, UserID string }
	text, err := patient(t, c, operation(t, "GetCallerIdentity"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &who); err != nil {
		t.Fatal(err)
	}
	if who.IdentityType != "AssumedRoleUser" || who.Arn != "acs:ram::"+w.account+":assumed-role/trusting/tests" || who.UserID != who.RoleID+":tests" {
		t.Errorf("identity %+v", who)
	}
}

// A session ends with its role, also if a role of the same name is created later. Its key
// is not accepted with another token.
func TestSessionEndsWithItsRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.session(t, nil), w.session(t, nil)
	swapped := *first
	swapped.Token = second.Token
	if err := describeRegions(&swapped); codeOf(err) != "InvalidSecurityToken.MismatchWithAccessKey" {
		t.Errorf("with the token of another session: %v", err)
	}
	if err := describeRegions(first); err != nil {
		t.Fatal(err)
	}
	w.node.Stop(t)
	w.node.Again(t) // at the same addresses
	if err := describeRegions(first); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	w.must(t, "DetachPolicyFromRole", map[string]string{"PolicyType": "Custom", "PolicyName": "shared", "RoleName": "trusting"}, nil)
	if err := describeRegions(first); codeOf(err) != "NoPermission" {
		t.Errorf("when the role has no policy: %v", err)
	}
	w.must(t, "DeleteRole", map[string]string{"RoleName": "trusting"}, nil)
	if err := describeRegions(first); codeOf(err) != "InvalidAccessKeyId.NotFound" {
		t.Errorf("when the role is gone: %v", err)
	}
	w.must(t, "CreateRole", map[string]string{"RoleName": "trusting", "AssumeRolePolicyDocument": trust(`{"RAM":"acs:ram::` + w.account + `:root"}`)}, nil)
	w.must(t, "AttachPolicyToRole", map[string]string{"PolicyType": "Custom", "PolicyName": "shared", "RoleName": "trusting"}, nil)
	if err := describeRegions(first); codeOf(err) != "InvalidAccessKeyId.NotFound" {
		t.Errorf("when another role has the name: %v", err)
	}
}

// The official SDK creates roles, assumes one and makes calls with the session's key and
// token, as its documentation describes.
func TestRolesWithSDK(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	root := n.SDK(t)
	who, err := root.STS.GetCallerIdentity(sts.CreateGetCallerIdentityRequest())
	if err != nil {
		t.Fatal(err)
	}
	carol := user(t, n, "carol", "Custom", "may-assume", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"acs:ram:*:*:role/deploy"}]}`)
	made, err := root.RAM.CreateRole(Fill(ram.CreateCreateRoleRequest(), map[string]string{
		"RoleName": "deploy", "MaxSessionDuration": "7200",
		"AssumeRolePolicyDocument": `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + who.AccountId + `:root"]},"Condition":{"StringEquals":{"sts:ExternalId":"ours"}}}]}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	attach := Fill(ram.CreateAttachPolicyToRoleRequest(), map[string]string{"PolicyType": "System", "PolicyName": "AliyunENSReadOnlyAccess", "RoleName": "deploy"})
	if _, err := root.RAM.AttachPolicyToRole(attach); err != nil {
		t.Fatal(err)
	}
	assume := func(externalID string) (*sts.AssumeRoleResponse, error) {
		request := Fill(sts.CreateAssumeRoleRequest(), map[string]string{"RoleArn": made.Role.Arn, "RoleSessionName": "ci@build", "DurationSeconds": "7200"})
		request.ExternalId = externalID
		return carol.STS.AssumeRole(request)
	}
	for _, other := range []string{"", "theirs"} {
		if _, err := assume(other); Code(err) != "NoPermission" {
			t.Errorf("ExternalId %q: %v", other, err)
		}
	}
	session, err := assume("ours")
	if err != nil {
		t.Fatal(err)
	}
	if session.AssumedRoleUser.AssumedRoleId != made.Role.RoleId+":ci@build" {
		t.Errorf("%+v", session.AssumedRoleUser)
	}
	ends, err := time.Parse(time.RFC3339, session.Credentials.Expiration)
	if left := time.Until(ends); err != nil || left > 2*time.Hour || left < time.Hour {
		t.Errorf("expires at %s: %v", session.Credentials.Expiration, err)
	}
	newClient.Lock()
	client, err := ens.NewClientWithOptions("local", sdk.NewConfig(), credentials.NewStsTokenCredential(
		session.Credentials.AccessKeyId, session.Credentials.AccessKeySecret, session.Credentials.SecurityToken))
	newClient.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	client.Domain = n.API
	defer client.Shutdown()
	if _, err := client.DescribeLoadBalancers(ens.CreateDescribeLoadBalancersRequest()); err != nil {
		t.Errorf("the session may not read: %v", err)
	}
	if _, err := client.CreateLoadBalancer(Fill(ens.CreateCreateLoadBalancerRequest(), LoadBalancerParams())); Code(err) != "NoPermission" || !strings.Contains(err.Error(), "AssumedRoleUser") {
		t.Errorf("the session may write: %v", err)
	}
}
