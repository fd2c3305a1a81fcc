package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"elbow/internal/archive"
	"elbow/internal/backup"
)

const backupText = `Write everything that a node has stored to a file: load balancers, listeners, certificates
with their keys, users, access keys and policies, as of one moment. The node may be running
or stopped. The file contains the key that encrypts its secrets: protect it like a password.
It ends with a checksum; restore refuses a truncated or modified file.`

func newBackupCommand() *cobra.Command {
	dir := defaultConfig().Data
	cmd := &cobra.Command{
		Use:     "backup FILE",
		Short:   "Write everything that a node has stored to a file",
		Long:    backupText,
		Example: "  elbow backup --data /var/lib/elbow elbow-$(date +%F).backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := backup.Take(cmd.Context(), dir, buildVersion())
			if err != nil {
				return err
			}
			h, documents, err := archive.Read(bytes.NewReader(content))
			if err != nil {
				return fmt.Errorf("the node's answer: %w", err)
			}
			if args[0] == "-" {
				_, err := cmd.OutOrStdout().Write(content)
				return err
			}
			if err := backup.Save(args[0], content); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d documents of revision %d, %d bytes, checked\n", args[0], len(documents), h.Revision, len(content))
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "data", dir, "the data directory of the node")
	return cmd
}
