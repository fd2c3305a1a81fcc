package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/api"
	"elbow/internal/rpc"
	"elbow/internal/top"
)

const topText = `Show what load balancers, listeners and backends do, second by second: requests,
errors, the median and the 99th percentile of the time to the answer, connections,
bytes and health. It reads the metrics of a node, at its -admin address, and with
credentials the names of load balancers from its API.

  s  sort by name, requests, latency, errors or connections
  b  show or hide backends
  p  pause
  q  quit`

func newTopCommand() *cobra.Command {
	access := new(access)
	var admin string
	var once bool
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Show live what listeners and backends do",
		Long:  topText,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := top.Source{Address: admin, Metrics: metricsOf(admin), Names: new(nameList).of(access)}
			if out := cmd.OutOrStdout(); once || !isTerminal(out) {
				return top.Print(s, out, 120)
			}
			return top.Run(s)
		},
	}
	cmd.Flags().StringVar(&admin, "admin", "http://127.0.0.1:8096", "where the node serves its metrics: its -admin address")
	cmd.Flags().BoolVar(&once, "once", false, "print one second and end, as is done where nobody watches")
	access.flags(cmd.Flags())
	return cmd
}

// metricsOf reads the metrics of a node.
func metricsOf(admin string) func() (io.ReadCloser, error) {
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
			_ = resp.Body.Close() // nothing of it is wanted
			return nil, fmt.Errorf("no metrics at %s/metrics: %s", admin, resp.Status)
		}
		return resp.Body, nil
	}
}

// A nameList has the names of load balancers by id. It belongs to one caller at
// a time.
type nameList struct {
	names map[string]string
	asked time.Time
}

// nameAge is how old the names may get.
const nameAge = 10 * time.Second

// of answers the names that the API has, as far as it may be asked: without
// credentials or an answer, those that were known before.
func (n *nameList) of(access *access) func() map[string]string {
	client, err := access.client()
	if err != nil {
		return func() map[string]string { return nil }
	}
	return func() map[string]string {
		if time.Since(n.asked) > nameAge {
			n.asked = time.Now()
			if names, err := balancerNames(client); err == nil {
				n.names = names
			}
		}
		return n.names
	}
}

func balancerNames(client *rpc.Client) (map[string]string, error) {
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
