package docs

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// WriteManual writes a manual page for elbow and one for each subcommand,
// operations of the API among them, to a directory.
func WriteManual(root *cobra.Command, dir, version string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true // a HISTORY with the date of the build is of no use
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "elbow " + version, Manual: "elbow"}, dir)
}
