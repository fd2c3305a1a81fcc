package main

import (
	"github.com/spf13/cobra"

	"elbow/internal/cli"
	"elbow/internal/top"
)

const topText = `Show the traffic of load balancers, listeners and backends, second by second: requests,
errors, the median and the 99th percentile of the response time, connections,
bytes and health. It reads the metrics of a node, at its -admin address, and with
credentials the names of load balancers from its API.

  s  sort by name, requests, latency, errors or connections
  b  show or hide backends
  p  pause
  q  quit`

func newTopCommand() *cobra.Command {
	access := new(cli.Access)
	var admin string
	var once bool
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Show the traffic of listeners and backends live",
		Long:  topText,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := top.Source{Address: admin, Metrics: cli.Metrics(admin), Names: cli.BalancerNames(access)}
			if out := cmd.OutOrStdout(); once || !cli.IsTerminal(out) {
				return top.Print(s, out, 120)
			}
			return top.Run(s)
		},
	}
	cmd.Flags().StringVar(&admin, "admin", "http://127.0.0.1:8096", "where the node serves its metrics: its -admin address")
	cmd.Flags().BoolVar(&once, "once", false, "print one second and end, as is done where nobody watches")
	access.Flags(cmd.Flags())
	return cmd
}
