package main

import (
	"errors"

	"github.com/spf13/cobra"

	"elbow/internal/backup"
	"elbow/internal/cli"
	"elbow/internal/doctor"
	"elbow/internal/node"
)

const doctorText = `Check this machine and its node for current and coming problems of load balancers:
limits of the system, ports, clock, disk, the store, the addresses of load balancers,
listeners that are not running, unhealthy backends and certificates that expire. Nothing
is changed. Each finding has advice. The exit status is 1 if a check fails.

The node is queried at its -api and -admin addresses. With credentials, given as for
"elbow call", the state that the API reports is checked as well.`

func newDoctorCommand() *cobra.Command {
	access := new(cli.Access)
	c := defaultConfig()
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find problems of load balancers and of this machine",
		Long:  doctorText,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := within("--max-connections", c.MaxConnections, 1, maxCount); err != nil {
				return err
			}
			p := doctor.Patient{
				Data: c.Data, API: c.API, Admin: c.Admin, MaxConnections: c.MaxConnections, HTTP3: c.HTTP3,
			}
			p.Store = func() (bool, error) { return backup.Examine(c.Data) }
			if p.Admin == node.Off {
				p.Admin = ""
			}
			if access.Endpoint == "" && cmd.Flags().Changed("api") {
				access.Endpoint = "http://" + c.API
			}
			if client, err := access.Client(); err == nil {
				p.Call = cli.Caller(client)
			}
			worst := doctor.OK
			doctor.Examine(cmd.Context(), p, doctor.Print(cmd.OutOrStdout(), &worst))
			if worst == doctor.Failure {
				return errors.New("something does not work; see the failures above")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Data, "data", c.Data, "the data directory of the node")
	f.StringVar(&c.API, "api", c.API, "the address of the API, as -api of the node")
	f.StringVar(&c.Admin, "admin", c.Admin, "the address of metrics and health, as -admin of the node, or off")
	f.IntVar(&c.MaxConnections, "max-connections", c.MaxConnections, "client connections served at once, as of the node")
	access.Flags(f)
	return cmd
}
