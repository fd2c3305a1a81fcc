package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"elbow/internal/docs"
	"elbow/internal/openapi"
)

// newDocsCommand prints docs/api.md or the OpenAPI document, or writes the manual pages.
// All contents come from the tables of package api and from the commands.
func newDocsCommand() *cobra.Command {
	var openAPI, manual string
	command := &cobra.Command{
		Use:    "docs",
		Short:  "Print the reference of the API in Markdown",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if manual != "" {
				return docs.WriteManual(cmd.Root(), manual, buildVersion())
			}
			if openAPI != "" {
				out := json.NewEncoder(cmd.OutOrStdout())
				out.SetIndent("", " ")
				return out.Encode(openapi.Document(openAPI, version))
			}
			_, err := io.WriteString(cmd.OutOrStdout(), docs.Reference())
			return err
		},
	}
	command.Flags().StringVar(&openAPI, "openapi", "", "print an OpenAPI 3.1 document instead, of a server at this `URL`")
	command.Flags().StringVar(&manual, "man", "", "write the manual pages to this `DIR` instead")
	return command
}
