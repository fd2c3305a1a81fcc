package api

import (
	"encoding/json"
	"strings"
	"testing"
)

// No list of an answer is ever null: clients index it without a check.
func TestNoAnswerHasNull(t *testing.T) {
	for _, op := range Operations() {
		b, err := json.Marshal(op.Out())
		if err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
		if strings.Contains(string(b), "null") {
			t.Errorf("%s: %s", op.Name, b)
		}
	}
}

// The spelling on the wire, where it differs from Go's.
func TestAnswersSpelling(t *testing.T) {
	for _, tt := range []struct {
		out  any
		want string
	}{
		{UploadUserCertificateOutput{7, "cas-upload-7"}, `{"CertId":7,"ResourceId":"cas-upload-7"}`},
		{
			AddBackendServersOutput{BackendServers{Array[BackendServer]{{IP: "10.0.0.7", Port: 80, ServerID: "i-1", Type: "ens", Weight: 1}}}},
			`{"BackendServers":{"BackendServer":[{"Ip":"10.0.0.7","Port":80,"ServerId":"i-1","Type":"ens","Weight":1}]}}`,
		},
		{
			AttachedServer{IP: "10.0.0.7", Port: "80", ServerID: "i-1", Type: "ens", Weight: 1},
			`{"Ip":"10.0.0.7","Port":"80","ServerId":"i-1","Type":"ens","Weight":1}`,
		},
		{DescribeEnsRegionsOutput{}, `{"Code":0,"EnsRegions":{"EnsRegions":[]}}`},
		{DescribeLoadBalancersOutput{Page: Page{1, 10, 0, ""}}, `{"LoadBalancers":{"LoadBalancer":[]},"PageNumber":1,"PageSize":10,"TotalCount":0}`},
	} {
		b, err := json.Marshal(tt.out)
		if err != nil || string(b) != tt.want {
			t.Errorf("got %s, %v, want %s", b, err, tt.want)
		}
	}
}
