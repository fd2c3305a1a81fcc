package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"elbow/internal/cli"
	"elbow/internal/logs"
	"elbow/internal/node"
)

const serveLong = `Run the load balancer and its API until SIGTERM or SIGINT. Then the program
accepts no new connections and ends when the requests in progress have ended, or
after -drain-timeout; a second signal ends it at once.

The root access key comes from ELBOW_ACCESS_KEY_ID and ELBOW_ACCESS_KEY_SECRET.
Without them the first start creates one and writes it to root-credentials in the
data directory, a file that "elbow call" reads with ELBOW_CONFIG. If the pair
differs from that of an earlier start it is added: a new secret replaces
the old one, a new id is a further root key. So the environment restores access
after a key was lost. Delete an old key with DeleteAccessKey.

With -takeover the process replaces the one that runs on the same data
directory, without an interruption of service.

Only the data directory has to be backed up, and only as a whole.`

func newServeCommand() *cobra.Command {
	c := defaultConfig()
	flags := c.flags("serve")
	file := flags.String("config", "", "`FILE` with one setting per line, name = value; the command line takes precedence")
	show := flags.Bool("print-config", false, "print the settings in force, in the format of the config file, and exit")
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Run the load balancer and its API",
		Long:  serveLong,
	}
	return withFlags(cmd, flags, func(args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("serve: no argument %q is known (elbow serve -help lists the flags)", args[0])
		}
		if *file != "" {
			if err := c.readFile(flags, *file); err != nil {
				return err
			}
		}
		c.AccessKeyID, c.Secret = os.Getenv(keyIDVariable), os.Getenv(secretVariable)
		if err := c.validate(); err != nil {
			return err
		}
		if *show {
			return printConfig(cmd.OutOrStdout(), flags)
		}
		log, flush := logs.Open(os.Stderr, cli.IsTerminal(os.Stderr))
		defer flush()
		c.LimitMemory(wasGiven(flags, "gc-percent"))
		return node.Run(c.Config, log)
	})
}

// wasGiven reports whether a flag was set.
func wasGiven(flags *flag.FlagSet, name string) (given bool) {
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
