package main

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"elbow/internal/demo"
)

const demoLong = `Demonstrate elbow on this machine: start a server with a temporary data
directory and three small backends, create a load balancer with an HTTPS listener
by signed calls, and send requests through it until Ctrl-C. All files are removed at
the end, and other elbow processes on this machine are not affected.`

func newDemoCommand() *cobra.Command {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	once := flags.Bool("once", false, "send 300 requests, print how they were spread, and end; exit 1 if anything was\nwrong")
	cmd := &cobra.Command{Use: "demo [flags]", Short: "Demonstrate elbow on this machine, in a few seconds", Long: demoLong}
	return withFlags(cmd, flags, func(args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("demo: no argument %q is known (elbow demo -help lists the flags)", args[0])
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		err := demo.Run(ctx, cmd.OutOrStdout(), buildVersion(), *once)
		if ctx.Err() != nil && !*once {
			return nil // Ctrl-C is the normal end
		}
		return err
	})
}
