package main

import (
	"github.com/spf13/cobra"

	"elbow/internal/cli"
)

const exportText = `Write the load balancers of the server, with their listeners and backends, as a file
for "elbow apply": all of them, or those that are named. Fields with their default
value are omitted. Certificates are referenced by name; with --certificates they are
written to that directory with their private keys, and the file references them.
A load balancer that shares its name with another one is written with its id. Ids differ
between servers, so such a file can be applied only to this server. Networks, vSwitches
and EIPs are written if no load balancer is named, those with a name of their own.`

func newExportCommand() *cobra.Command {
	access, o := new(cli.Access), new(cli.Export)
	cmd := &cobra.Command{
		Use:     "export [LOAD BALANCER NAME OR ID]…",
		Short:   "Write the state of load balancers as a file for apply",
		Long:    exportText,
		Example: "  elbow export -f site.yaml --certificates .\n  elbow export shop",
		RunE:    func(cmd *cobra.Command, names []string) error { return o.Run(cmd, access, names) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.File, "file", "f", "", "the file to write; standard output if none is given")
	f.StringVar(&o.Certificates, "certificates", "", "a `directory` for certificates and their private keys")
	access.Flags(f)
	return cmd
}
