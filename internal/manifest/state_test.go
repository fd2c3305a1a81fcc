package manifest

import (
	"context"
	"testing"
)

// A load balancer that is released between the list and the look at it is not
// taken for one without a name.
func TestFetchLeavesOutWhatWasReleased(t *testing.T) {
	call := func(_ context.Context, _, action string, params map[string]string) ([]byte, error) {
		switch {
		case action == "DescribeLoadBalancers":
			return []byte(`{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1","LoadBalancerName":"a"},{"LoadBalancerId":"lb-2","LoadBalancerName":"b"}]},"TotalCount":2}`), nil
		case action == "DescribeLoadBalancerAttribute" && params["LoadBalancerId"] == "lb-2":
			return []byte(`{"RequestId":"R","LoadBalancerId":"lb-2","LoadBalancerName":"b"}`), nil
		}
		return []byte(`{"RequestId":"R"}`), nil
	}
	s, err := Fetch(t.Context(), call, nil)
	if err != nil || len(s.LoadBalancers) != 1 || s.LoadBalancers[0].ID != "lb-2" {
		t.Errorf("got %+v, %v, want lb-2 alone", s, err)
	}
}
