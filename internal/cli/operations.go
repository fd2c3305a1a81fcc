package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbow/internal/api"
)

// AddOperations adds each operation of the API as a subcommand of call.
func AddOperations(call *cobra.Command) {
	access, show := new(Access), new(show)
	call.Args = unknownOperation
	call.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	call.DisableFlagsInUseLine = true   // the line above contains it
	call.SilenceUsage = true            // fifty lines would hide the error
	call.SuggestionsMinimumDistance = 2 // edit distance of the names that are suggested
	call.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// An unknown operation has no flags, so that the error has to name the operation.
		if args := cmd.Flags().Args(); cmd == call && len(args) > 0 {
			return unknownOperation(cmd, args)
		}
		return fmt.Errorf("%w\n`%s --help` lists the flags", err, cmd.CommandPath())
	})
	access.Flags(call.PersistentFlags())
	show.flags(call)
	for _, f := range api.Families {
		call.AddGroup(&cobra.Group{ID: f.Name, Title: f.Name + ":"})
		for _, op := range f.Operations {
			cmd := newOperationCommand(op, access, show)
			cmd.GroupID = f.Name
			call.AddCommand(cmd)
		}
	}
}

// unknownOperation refuses arguments: any that are left here name no subcommand.
func unknownOperation(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("no operation %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text + "\n`elbow call --help` lists the operations")
}

// onlyFlags refuses arguments that belong to no flag, which usually come from an unquoted
// or empty shell variable.
func onlyFlags(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("argument %q belongs to no parameter: write --Param value", args[0])
	}
	return nil
}

// newOperationCommand returns the subcommand of one operation.
func newOperationCommand(op *api.Operation, access *Access, show *show) *cobra.Command {
	cmd := &cobra.Command{
		Use:     op.Name,
		Short:   FirstSentence(op.Doc),
		Long:    op.Doc + "\n\nRAM action: " + op.Action(),
		Example: indent(CommandLine(op)),
		Args:    onlyFlags,

		SilenceUsage: true,
	}
	rows := op.New().Params()
	cmd.Flags().SortFlags = false // the order of the table, as in the documents
	for _, r := range rows {
		addFlag(cmd, r, completion(r, access))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := show.parse(); err != nil {
			return err
		}
		params, err := show.params(cmd, rows)
		if err != nil {
			return err
		}
		client, err := access.Client()
		if err != nil {
			return err
		}
		body, err := client.Call(cmd.Context(), op.Version, op.Name, params)
		if err == nil && show.wait != nil {
			body, err = show.await(cmd, client, op, params, body)
		}
		if err == nil && show.wait == nil {
			err = absent(op, params, body)
		}
		if err != nil {
			return explain(err)
		}
		return show.print(cmd, body)
	}
	return cmd
}

// completion returns how a parameter is completed: with what the server has, otherwise
// with the values that the table allows.
func completion(r api.Param, access *Access) cobra.CompletionFunc {
	if r.Names != nil && !r.New {
		return lookUp{r.Names}.complete(access)
	}
	return cobra.FixedCompletions(r.Var.Shape().Enum, cobra.ShellCompDirectiveNoFileComp)
}

// addFlag adds the flag of a row, with its text as help and its values completed.
func addFlag(cmd *cobra.Command, r api.Param, complete cobra.CompletionFunc) {
	if r.Var.Shape().Type == api.List {
		cmd.Flags().StringArray(r.Name, nil, flagUsage(r)+" May be given several times.")
	} else {
		cmd.Flags().String(r.Name, "", flagUsage(r))
	}
	if r.File {
		return // the shell completes file names
	}
	if err := cmd.RegisterFlagCompletionFunc(r.Name, complete); err != nil {
		panic(err) // the flag was added above, once
	}
}

// flagUsage returns the help of a flag. The word in back quotes is shown as the name of
// the value.
func flagUsage(r api.Param) string {
	shape := r.Var.Shape()
	facts := shape.String()
	if len(shape.Enum) == 0 {
		for _, word := range []string{"integer", "ID", "JSON"} {
			facts = strings.Replace(facts, word, "`"+word+"`", 1)
		}
	}
	effect := r.Effect()
	switch {
	case r.Required && effect == "":
		facts = "required; " + facts
	case r.Required:
		facts = "required if " + effect + "; " + facts
	case effect != "":
		facts += "; only if " + effect
	}
	if r.Default != "" && r.IfGiven == "" {
		facts += "; default " + r.Default
	}
	if shape.Rule != "" {
		facts += "; " + shape.Rule
	}
	if r.File {
		facts += "; @path reads a file"
	}
	return r.Doc + " (" + facts + ")"
}

// paramsOf returns the parameters that were given on the command line. An empty value
// counts as given: it clears a description.
func paramsOf(flags *pflag.FlagSet, rows []api.Param) (map[string]string, error) {
	params := make(map[string]string)
	for _, r := range rows {
		if !flags.Changed(r.Name) {
			continue
		}
		if r.Var.Shape().Type == api.List {
			values, err := flags.GetStringArray(r.Name)
			if err != nil {
				return nil, err
			}
			for i, v := range values {
				r.Sent(params, i+1, v)
			}
			continue
		}
		value, err := flags.GetString(r.Name)
		if err != nil {
			return nil, err
		}
		if path, isFile := strings.CutPrefix(value, "@"); isFile && r.File {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("--%s: %w", r.Name, err)
			}
			value = string(content)
		}
		params[r.Name] = value
	}
	return params, nil
}
