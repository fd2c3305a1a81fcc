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

const demoLong = `Show the main job on this machine: start a server with a temporary data
directory and three small backends, make a load balancer with an HTTPS listener
by signed calls, and send requests through it until Ctrl-C. Nothing is left
behind, and no other elbow on this machine is touched.`

func newDemoCommand() *cobra.Command {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	once := flags.Bool("once", false, "send 300 requests, print how they were spread, and end; exit 1 if anything was\nwrong")
	cmd := &cobra.Command{Use: "demo [flags]", Short: "Show the main job, on this machine, in a few seconds", Long: demoLong}
	return withFlags(cmd, flags, func(args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("demo: no argument %q is known (elbow demo -help lists the flags)", args[0])
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		err := demo.Run(ctx, cmd.OutOrStdout(), buildVersion(), *once)
		if ctx.Err() != nil && !*once {
			return nil // Ctrl-C is how it ends
		}
		return err
	})
}
