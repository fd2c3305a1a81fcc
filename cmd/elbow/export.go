package main

import (
	"github.com/spf13/cobra"

	"elbow/internal/cli"
)

const exportText = `Write the load balancers of the server, with their listeners and backends, as a file
for "elbow apply": all of them, or those that are named. Fields at their default
are left out. Certificates are referred to by name; with --certificates they are
written to that directory with their private keys, and the file refers to them.
A load balancer whose name another one has too is written with its id, which no
other server has: such a file can be applied to this server alone.`

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
