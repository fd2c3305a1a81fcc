package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"elbow/internal/backup"
	"elbow/internal/cli"
)

const restoreText = `Make a backup all that a node has stored: what differs is replaced, what is not in the
backup deleted. The node may run or not; one that runs follows at once, and keeps the
connections of what does not change; calls wait meanwhile. The data directory may be
empty, of another machine or of a newer version. Nothing is changed if the file is
damaged. A restore that was interrupted is finished by the next start.

Of a data directory that is damaged, the store is moved into a directory beside it,
damaged-TIME, and begun anew.

Access keys are those of the backup too. Start with ELBOW_ACCESS_KEY_ID and
ELBOW_ACCESS_KEY_SECRET in the environment to be let in with a further root key.`

func newRestoreCommand() *cobra.Command {
	dir, yes := defaultConfig().Data, false
	cmd := &cobra.Command{
		Use:     "restore FILE",
		Short:   "Make a backup all that a node has stored",
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
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), text) // who asked sees what is there
			}))
		},
	}
	cmd.Flags().StringVar(&dir, "data", dir, "the data directory of the node")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
