package elbtest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/rpc"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// user creates a RAM user with a policy and returns an SDK with the user's key.
func user(t *testing.T, n *Node, name, policyType, policy, document string) *SDK {
	t.Helper()
	root := n.SDK(t).RAM
	if _, err := root.CreateUser(Fill(ram.CreateCreateUserRequest(), map[string]string{"UserName": name})); err != nil {
		t.Fatal(err)
	}
	if document != "" {
		request := Fill(ram.CreateCreatePolicyRequest(), map[string]string{"PolicyName": policy, "PolicyDocument": document})
		if _, err := root.CreatePolicy(request); err != nil {
			t.Fatal(err)
		}
	}
	attach := Fill(ram.CreateAttachPolicyToUserRequest(), map[string]string{"PolicyType": policyType, "PolicyName": policy, "UserName": name})
	if _, err := root.AttachPolicyToUser(attach); err != nil {
		t.Fatal(err)
	}
	made, err := root.CreateAccessKey(Fill(ram.CreateCreateAccessKeyRequest(), map[string]string{"UserName": name}))
	if err != nil {
		t.Fatal(err)
	}
	return n.SDKFor(t, made.AccessKey.AccessKeyId, made.AccessKey.AccessKeySecret)
}

// A user may do what a policy allows and nothing else. A Deny outweighs an Allow.
// Conditions are evaluated.
func TestPolicies(t *testing.T) {
	t.Parallel()
	s := NewSite(t, Start(t, Options{}), NewBackend(t, "a"))
	for _, tt := range []struct {
		name, policyType, document string
		mayCreate, mayDescribe     bool
	}{
		{"AliyunENSFullAccess", "System", "", true, true},
		{"AliyunENSReadOnlyAccess", "System", "", false, true},
		{"create-only", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:CreateLoadBalancerHTTPSListener","Resource":"*"}]}`, true, false},
		{"wildcard", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":["ens:Create*","ens:*Attribute"],"Resource":"acs:ens:*:*:*"}]}`, true, true},
		{"deny-wins", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ens:Create*","Resource":"*"}]}`, false, true},
		{"here-only", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}}]}`, true, true},
		{"elsewhere-only", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"192.0.2.0/24"}}}]}`, false, false},
		{"over-tls-only", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"true"}}}]}`, false, false},
		{"long-ago", "Custom", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"acs:CurrentTime":"2020-01-01T00:00:00Z"}}}]}`, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sdk := user(t, s.Node, "user-"+tt.name, tt.policyType, tt.name, tt.document)
			_, err := sdk.ENS.CreateLoadBalancerHTTPSListener(Fill(ens.CreateCreateLoadBalancerHTTPSListenerRequest(), s.ListenerParams(nil)))
			checkAllowed(t, "create", err, tt.mayCreate)
			request := ens.CreateDescribeLoadBalancerAttributeRequest()
			request.LoadBalancerId = s.LoadBalancerID
			_, err = sdk.ENS.DescribeLoadBalancerAttribute(request)
			checkAllowed(t, "describe", err, tt.mayDescribe)
		})
	}
}

// A Deny on a policy holds even if the call names another policy in a parameter that the
// operation does not have. The audit log shows the attempt.
func TestDenyWithUndeclaredParameters(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	w := &world{Client: n.RPC()}
	w.must(t, "CreatePolicy", map[string]string{"PolicyName": "critical", "PolicyDocument": allowAll}, nil)
	const document = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` +
		`{"Effect":"Deny","Action":"*","Resource":"acs:ram:*:*:policy/critical"}]}`
	user(t, n, "mallory", "Custom", "all-but-critical", document)
	mallory := w.newKey(t, "mallory")
	for _, more := range []map[string]string{
		nil,
		{"PolicyType": "System"},
		{"PolicyType": "System", "UserName": "mallory"},
		{"policyname": "other", "PolicyType": "System"},
		{"PolicyName.1": "other"},
		{"Resource": "*"},
		{"LoadBalancerId": "lb-1"},
	} {
		params := with(map[string]string{}, "PolicyName", "critical")
		maps.Copy(params, more)
		_, err := patient(t, mallory, operation(t, "DeletePolicy"), params)
		if refusal, ok := errors.AsType[*rpc.Error](err); !ok || refusal.Code != "NoPermission" {
			t.Errorf("with %v: got %v, want NoPermission", more, err)
		}
	}
	w.must(t, "GetPolicy", map[string]string{"PolicyName": "critical", "PolicyType": "Custom"}, nil)
	n.Stop(t)
	log, err := os.ReadFile(filepath.Join(n.Data(), "audit.log"))
	if err != nil || !strings.Contains(string(log), `"PolicyType":"System"`) || !strings.Contains(string(log), `"policyname":"other"`) {
		t.Errorf("the audit log does not have what was sent: %v\n%s", err, log)
	}
}

func checkAllowed(t *testing.T, what string, err error, want bool) {
	t.Helper()
	code := "NoPermission"
	if want {
		code = ""
	}
	if got := Code(err); got != code {
		t.Errorf("%s: %v, want code %q", what, err, code)
	}
	if err != nil && !want && !strings.Contains(err.Error(), "AccessDeniedDetail") {
		t.Errorf("%s: no AccessDeniedDetail in %v", what, err)
	}
}

// GetCallerIdentity returns the identity of the key's owner.
func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	alice := user(t, n, "identity", "System", "AliyunENSReadOnlyAccess", "")
	root, err := n.SDK(t).STS.GetCallerIdentity(sts.CreateGetCallerIdentityRequest())
	if err != nil {
		t.Fatal(err)
	}
	if root.IdentityType != "Account" || root.AccountId == "" || !strings.HasSuffix(root.Arn, ":root") {
		t.Errorf("root: %+v", root)
	}
	got, err := alice.STS.GetCallerIdentity(sts.CreateGetCallerIdentityRequest())
	if err != nil {
		t.Fatal(err)
	}
	if got.IdentityType != "RAMUser" || got.AccountId != root.AccountId || !strings.HasSuffix(got.Arn, ":user/identity") {
		t.Errorf("user: %+v", got)
	}
}
