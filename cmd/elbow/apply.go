package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/cli"
)

const applyText = `Bring certificates, load balancers, backends and listeners to the state described in a
file: print the changes, ask, and make them. What is already as described is not
changed, so applying a file again changes nothing. Listeners
and backends of the file's load balancers that the file does not have are removed;
other load balancers are not changed, unless --prune is given.

Fields have the names of the API's parameters:

  Certificates:
    - Name: shop
      Cert: chain.pem             # a file beside this one, or the PEM text itself
      Key: key.pem
  LoadBalancers:
    - LoadBalancerName: shop      # EnsRegionId, NetworkId, … default to what a new server has
      BackendServers:
        - {ServerId: i-web-1, Ip: 10.0.0.11, Port: 8080, Weight: 100}
      Listeners:
        - ListenerPort: 443
          Certificate: shop       # by name; Status: Stopped keeps the listener from running
          HealthCheck: on
          HealthCheckURI: /health

A listener with Protocol http, tcp or udp is one of that protocol; without it, HTTPS.
An omitted field gets its default; one without a default keeps its value.
If several load balancers have the same name, LoadBalancerId selects one;
with it, a different LoadBalancerName renames it. A listener may have several certificates,
Certificate: [shop-ecdsa, shop-rsa].
Networks, with their VSwitches, and Eips are further sections; a load balancer has
NetworkName and VSwitchName, and an EIP LoadBalancerName. Instances are registered
servers, with PrivateIpAddress or DomainName; a backend of one needs no Ip. --prune
deletes networks, EIPs and instances only if the file has the section.
"elbow export" writes such a file from what exists.

The exit status is 0 if the server is as the file describes or has been brought
there, and 1 on an error. With --dry-run it is 2 if something would change.`

func newApplyCommand() *cobra.Command {
	access, o := new(cli.Access), new(cli.Apply)
	cmd := &cobra.Command{
		Use:     "apply -f FILE",
		Short:   "Bring load balancers to the state that a file describes",
		Long:    applyText,
		Example: "  elbow apply -f site.yaml\n  elbow apply -f site.yaml --dry-run",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.Run(cmd, access) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.File, "file", "f", "", "the file, - for standard input")
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.DryRun, "dry-run", false, "print what would change and end, with exit status 2 if something would, 0 if nothing would and 1 on an error")
	f.BoolVar(&o.Prune, "prune", false, "release load balancers and delete unused certificates that the file does not have")
	f.DurationVar(&o.Ready, "wait", 30*time.Second, "how long to wait until the listeners of the file run; 0 does not wait")
	access.Flags(f)
	if err := errors.Join(cmd.MarkFlagRequired("file"), cmd.MarkFlagFilename("file", "yaml", "yml", "json")); err != nil {
		panic(err) // the flag was added above
	}
	return cmd
}
