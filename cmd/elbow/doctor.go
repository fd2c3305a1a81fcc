package main

import (
	"errors"

	"github.com/spf13/cobra"

	"elbow/internal/backup"
	"elbow/internal/cli"
	"elbow/internal/doctor"
)

const doctorText = `Look at this machine and the node on it for what keeps a load balancer from working,
or will: limits of the system, ports, clock, disk, the store, the addresses of load balancers,
listeners that do not run, unhealthy backends and certificates that expire. Nothing
is changed. Each finding says what to do. The exit status is 1 if something fails.

It asks the node at its -api and -admin addresses. With credentials, given as for
"elbow call", it looks at what the API tells as well.`

func newDoctorCommand() *cobra.Command {
	access := new(cli.Access)
	c := defaultConfig()
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what keeps a load balancer from working",
		Long:  doctorText,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := within("--max-connections", c.maxConnections, 1, maxCount); err != nil {
				return err
			}
			p := doctor.Patient{
				Data: c.data, API: c.api, Admin: c.admin, MaxConnections: c.maxConnections, HTTP3: c.http3,
			}
			p.Store = func() (bool, error) { return backup.Examine(c.data) }
			if p.Admin == off {
				p.Admin = ""
			}
			if access.Endpoint == "" && cmd.Flags().Changed("api") {
				access.Endpoint = "http://" + c.api
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
	f.StringVar(&c.data, "data", c.data, "the data directory of the node")
	f.StringVar(&c.api, "api", c.api, "the address of the API, as -api of the node")
	f.StringVar(&c.admin, "admin", c.admin, "the address of metrics and health, as -admin of the node, or off")
	f.IntVar(&c.maxConnections, "max-connections", c.maxConnections, "client connections served at once, as of the node")
	access.Flags(f)
	return cmd
}
