package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"elbow/internal/backup"
	"elbow/internal/cli"
)

const restoreText = `Replace everything that a node has stored with a backup: what differs is replaced, what is
not in the backup is deleted. The node may be running or stopped. A running node applies the
change at once and keeps the connections of unchanged listeners; API calls wait meanwhile.
The data directory may be empty, of another machine or of a newer version. Nothing is changed
if the file is damaged. An interrupted restore is completed by the next start.

If the data directory is damaged, its store is moved to the directory damaged-TIME in it,
and a new one is created.

Access keys are restored as well. To get access with a further root key, start with
ELBOW_ACCESS_KEY_ID and ELBOW_ACCESS_KEY_SECRET in the environment.`

func newRestoreCommand() *cobra.Command {
	dir, yes := defaultConfig().Data, false
	cmd := &cobra.Command{
		Use:     "restore FILE",
		Short:   "Replace everything that a node has stored with a backup",
		Long:    restoreText,
		Example: "  elbow restore --data /var/lib/elbow elbow-2026-11-25.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			b, err := backup.Read(content)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			question := fmt.Sprintf("Replace all that %s has by %d documents of %s? [y/N] ", dir, b.Count(), b.Time.Local().Format("2006-01-02 15:04"))
			if !yes {
				if err := cli.Ask(cmd, question); err != nil {
					return err
				}
			}
			show := cli.NewProgress(cmd.ErrOrStderr())
			return show.End(backup.Restore(cmd.Context(), dir, &b, show.Step, func(text string) {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), text) // the state of the server shows the result
			}))
		},
	}
	cmd.Flags().StringVar(&dir, "data", dir, "the data directory of the node")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
