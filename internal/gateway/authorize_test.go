package gateway

import (
	"testing"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/ram"
)

func TestAuthorize(t *testing.T) {
	leak.Check(t)
	const everything = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	policy := func(statements string) string { return `{"Version":"1","Statement":[` + statements + `]}` }
	for _, tt := range []struct {
		name     string
		policies []string
		version  string
		action   string
		params   map[string]string
		status   int // 0: allowed
		denial   string
	}{
		{"no policy", nil, api.EnsVersion, "DescribeLoadBalancers", nil, 400, "ImplicitDeny"},
		{"read-only reads", []string{ram.SystemPolicies()[1].Document}, api.EnsVersion, "DescribeLoadBalancers", nil, 0, ""},
		{"read-only starts", []string{ram.SystemPolicies()[1].Document}, api.EnsVersion, "ReleaseInstance", map[string]string{"InstanceId": "lb-1"}, 400, "ImplicitDeny"},
		{"from here", []string{policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}}`)}, api.EnsVersion, "DescribeLoadBalancers", nil, 0, ""},
		{"from elsewhere", []string{policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"acs:SourceIp":"127.0.0.0/8"}}}`)}, api.EnsVersion, "DescribeLoadBalancers", nil, 400, "ImplicitDeny"},
		{"by TLS only", []string{policy(everything + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":false}}}`)}, api.EnsVersion, "DescribeLoadBalancers", nil, 400, "ExplicitDeny"},
		{"not after 2020", []string{policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"acs:CurrentTime":"2020-01-01T00:00:00Z"}}}`)}, api.EnsVersion, "DescribeLoadBalancers", nil, 400, "ImplicitDeny"},
		{"with a second factor", []string{policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:MFAPresent":true}}}`)}, api.EnsVersion, "DescribeLoadBalancers", nil, 400, "ImplicitDeny"},
		{"RAM answers 403", nil, api.RamVersion, "GetUser", map[string]string{"UserName": "bob"}, 403, "ImplicitDeny"},
		{"one user", []string{policy(`{"Effect":"Allow","Action":"ram:*","Resource":"acs:ram:*:*:user/alice"}`)}, api.RamVersion, "GetUser", map[string]string{"UserName": "alice"}, 0, ""},
		{"another user", []string{policy(`{"Effect":"Allow","Action":"ram:*","Resource":"acs:ram:*:*:user/alice"}`)}, api.RamVersion, "GetUser", map[string]string{"UserName": "bob"}, 403, "ImplicitDeny"},
		{"anyone may ask who they are", nil, api.StsVersion, "GetCallerIdentity", nil, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			called := false
			answer := func() { called = true }
			handlers := make(map[string]Handler)
			for _, op := range api.Operations() {
				handlers[op.Action()] = counting(answer)
			}
			s := newSite(t, handlers, tt.policies...)
			_, err := s.client("user").Call(t.Context(), tt.version, tt.action, tt.params)
			if called != (tt.status == 0) {
				t.Errorf("called %v", called)
			}
			if tt.status == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := refused(t, err, tt.status, "NoPermission")
			op, _ := api.Lookup(tt.version, tt.action)
			want := map[string]any{
				"AuthAction": op.Action(), "AuthPrincipalDisplayName": "alice", "AuthPrincipalOwnerId": account,
				"AuthPrincipalType": "SubUser", "NoPermissionType": tt.denial,
				"PolicyType": "AccountLevelIdentityBasedPolicy", "EncodedDiagnosticMessage": "",
			}
			got, _ := e.AccessDeniedDetail.(map[string]any)
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%s: got %v, want %v", name, got[name], value)
				}
			}
			if _, err := s.client("root").Call(t.Context(), tt.version, tt.action, tt.params); err != nil {
				t.Errorf("as root: %v", err)
			}
		})
	}
}
