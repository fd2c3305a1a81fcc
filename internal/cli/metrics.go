package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// Metrics returns a function that requests the metrics of a node.
func Metrics(admin string) func() (io.ReadCloser, error) {
	if !strings.Contains(admin, "://") {
		admin = "http://" + admin
	}
	client := &http.Client{Timeout: 5 * time.Second}
	return func() (io.ReadCloser, error) {
		resp, err := client.Get(strings.TrimSuffix(admin, "/") + "/metrics")
		if err != nil {
			return nil, fmt.Errorf("no metrics: %w (--admin names where the node serves them)", err)
		}
		if resp.StatusCode != http.StatusOK {
			_ = resp.Body.Close() // the body is not needed
			return nil, fmt.Errorf("no metrics at %s/metrics: %s", admin, resp.Status)
		}
		return resp.Body, nil
	}
}

// nameAge is how long names are cached.
const nameAge = 10 * time.Second

// BalancerNames returns a function that returns the names of load balancers by id, read
// from the API. Without credentials or an answer, it returns the last known names. The
// function must not be called concurrently.
func BalancerNames(access *Access) func() map[string]string {
	client, err := access.Client()
	if err != nil {
		return func() map[string]string { return nil }
	}
	var names map[string]string
	var asked time.Time
	return func() map[string]string {
		if time.Since(asked) > nameAge {
			asked = time.Now()
			if now, err := namesOfBalancers(client); err == nil {
				names = now
			}
		}
		return names
	}
}

func namesOfBalancers(client *rpc.Client) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	names := make(map[string]string)
	for page := 1; ; page++ {
		body, err := client.Call(ctx, api.EnsVersion, "DescribeLoadBalancers", map[string]string{"PageSize": "100", "PageNumber": fmt.Sprint(page)})
		if err != nil {
			return nil, err
		}
		var out api.DescribeLoadBalancersOutput
		if err := json.Unmarshal(body, &out); err != nil {
			return nil, err
		}
		for _, lb := range out.LoadBalancers.LoadBalancer {
			names[lb.LoadBalancerID] = lb.LoadBalancerName
		}
		if len(out.LoadBalancers.LoadBalancer) == 0 || len(names) >= out.TotalCount {
			return names, nil
		}
	}
}
