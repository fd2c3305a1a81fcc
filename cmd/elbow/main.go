// Command elbow is an edge load balancer that is configured through the ENS API. Each
// subcommand has a file of its own with its text and flags; the implementation is in
// internal/node, internal/cli and the packages beside them. Start reading at main.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"elbow/internal/cli"
	"elbow/internal/logs"
)

// version is set by the linker (see Makefile).
var version = ""

func main() {
	err := newRootCommand().Execute()
	if status, ok := errors.AsType[cli.ExitStatus](err); ok {
		os.Exit(int(status))
	}
	if err != nil {
		logs.LastWords(os.Stderr, "elbow: "+cli.Printable(err.Error())+advice(err)+"\n")
		os.Exit(1)
	}
}

// advice returns what a user can do about an error whose text does not say it.
func advice(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrPermission) {
		return fmt.Sprintf("; run this as the user that elbow runs as, or have %s belong to it: chown, chmod u+rwX", path.Path)
	}
	return ""
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "elbow",
		Short: "An edge load balancer driven by the ENS API",
		Long: `elbow is an edge load balancer that is driven by the ENS API: load balancers,
listeners, backends and certificates are created by signed calls, from the official
SDKs, from Terraform or with "elbow call".`,
		Example: `  elbow demo                    see it work, on this machine, in a few seconds
  elbow serve -data DIR         run it
  elbow call DescribeLoadBalancers`,
		Version:       buildVersion(),
		SilenceErrors: true, // main prints them, once
		SilenceUsage:  true, // an error is one clear line
	}
	root.AddCommand(newServeCommand(), newDemoCommand(), newCallCommand(), newApplyCommand(), newExportCommand(), newTopCommand(), newDoctorCommand(), newBackupCommand(), newRestoreCommand(), newDocsCommand())
	return root
}

// buildVersion returns the version that make set, otherwise the one that the Go tool
// recorded.
func buildVersion() string {
	if version != "" {
		return version
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		return build.Main.Version
	}
	return "unknown"
}

// withFlags makes a command parse its flags with package flag, which accepts both -name
// and --name; the documents write -name.
func withFlags(cmd *cobra.Command, flags *flag.FlagSet, run func(args []string) error) *cobra.Command {
	flags.SetOutput(io.Discard) // errors are returned, help is printed below
	flags.Usage = func() {}
	cmd.DisableFlagParsing = true
	cmd.Flags().AddGoFlagSet(flags) // only for the manual page
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch err := flags.Parse(args); {
		case err == flag.ErrHelp:
			return cmd.Help()
		case err != nil:
			return fmt.Errorf("%s: %w (%s -help lists the flags)", cmd.Name(), err, cmd.CommandPath())
		}
		return run(flags.Args())
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		out := cmd.OutOrStdout()
		fmt.Fprintf(out, "%s\n\nUsage:\n  %s\n\nFlags:\n", cmd.Long, cmd.UseLine())
		flags.SetOutput(out)
		flags.PrintDefaults()
		flags.SetOutput(io.Discard)
	})
	cmd.ValidArgsFunction = func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return completions(flags, typed)
	}
	return cmd
}

// completions returns the flags that begin with the typed text; any other text may be a
// file name.
func completions(flags *flag.FlagSet, typed string) ([]string, cobra.ShellCompDirective) {
	name := strings.TrimLeft(typed, "-")
	if name == typed {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var found []string
	flags.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, name) {
			_, usage := flag.UnquoteUsage(f)
			found = append(found, typed[:len(typed)-len(name)]+f.Name+"\t"+strings.SplitN(usage, "\n", 2)[0])
		}
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}
