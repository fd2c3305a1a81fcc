package cli

import (
	"encoding/json"
	"fmt"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// The error names the missing permission and the identity: commands make calls that their
// user did not type.
func TestExplainNamesTheMissingPermission(t *testing.T) {
	for kind, want := range map[string]string{
		"ImplicitDeny": "no policy of the user few allows cas:ListUserCertificateOrder",
		"ExplicitDeny": "a policy of the user few denies cas:ListUserCertificateOrder",
	} {
		text, err := json.Marshal(&rpc.Error{
			Code: "NoPermission", Message: "Permission denied.", RequestID: "1", Recommend: "https://example.com",
			AccessDeniedDetail: &api.AccessDenied{AuthAction: "cas:ListUserCertificateOrder", AuthPrincipalDisplayName: "few", NoPermissionType: kind},
		})
		e := new(rpc.Error)
		if err != nil || json.Unmarshal(text, e) != nil {
			t.Fatalf("%s, %v", text, err)
		}
		if got := explain(fmt.Errorf("called: %w", e)).Error(); got != "NoPermission: Permission denied. (RequestId 1)\n"+want {
			t.Errorf("%s: got %q", kind, got)
		}
	}
	for _, e := range []*rpc.Error{
		{Code: "NoPermission", Message: "No.", RequestID: "1"},
		{Code: "NoPermission", Message: "No.", RequestID: "1", AccessDeniedDetail: "another form"},
	} {
		if got := explain(e).Error(); got != "NoPermission: No. (RequestId 1)" {
			t.Errorf("got %q", got)
		}
	}
}
