package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/answer"
	"elbow/internal/api"
	"elbow/internal/rpc"
)

// show holds the flags of a call beside its parameters: the file with more parameters,
// what to wait for, and the format of the output.
type show struct {
	format    string
	queryText string
	waitText  string
	patience  time.Duration
	input     string

	query *answer.Query // nil: the complete answer
	wait  *wait         // nil: no wait
}

func (s *show) flags(call *cobra.Command) {
	f := call.PersistentFlags()
	f.StringVarP(&s.format, "output", "o", string(answer.JSON), "how the answer is printed: "+strings.Join(answer.Formats, ", "))
	f.StringVar(&s.queryText, "query", "", "print only what this JMESPath `expression` finds in the answer")
	f.StringVar(&s.waitText, "wait", "", "`FIELD=VALUE` that must hold, as Status=Running: the call, or after a change the one that shows it, is repeated until it does. FIELD is a JMESPath expression")
	f.DurationVar(&s.patience, "wait-timeout", 5*time.Minute, "how long --wait may take")
	f.StringVar(&s.input, "cli-input", "", "`file` with parameters as a JSON object, - for standard input; flags go before it")
	err := call.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(answer.Formats, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was added above, once
	}
}

// parse parses the flags, before any call is made.
func (s *show) parse() (err error) {
	if !slices.Contains(answer.Formats, s.format) {
		return fmt.Errorf("--output: want %s, got %q", strings.Join(answer.Formats, ", "), s.format)
	}
	if s.queryText != "" {
		if s.query, err = answer.ParseQuery(s.queryText); err != nil {
			return fmt.Errorf("--query: %w", err)
		}
	}
	if s.waitText != "" {
		s.wait, err = parseWait(s.waitText)
	}
	return err
}

// params merges the parameters of the command line with those of the file. The command
// line takes precedence.
func (s *show) params(cmd *cobra.Command, rows []api.Param) (map[string]string, error) {
	given, err := paramsOf(cmd.Flags(), rows)
	if err != nil || s.input == "" {
		return given, err
	}
	params, err := readInput(s.input, cmd.InOrStdin(), rows)
	if err != nil {
		return nil, err
	}
	maps.Copy(params, given)
	return params, nil
}

// await performs --wait after a call that was answered with body.
func (s *show) await(cmd *cobra.Command, client *rpc.Client, op *api.Operation, params map[string]string, body []byte) ([]byte, error) {
	look, params, err := observer(op, withProtocol(cmd.Context(), client, op, params), body)
	if err != nil {
		return nil, err
	}
	progress := cmd.ErrOrStderr()
	if !IsTerminal(progress) {
		progress = io.Discard
	}
	body, err = s.wait.until(cmd.Context(), s.patience, client, look, params, progress)
	if err != nil && look != op {
		return nil, fmt.Errorf("%s is done, but %w", op.Name, explain(err))
	}
	return body, err
}

func (s *show) print(cmd *cobra.Command, body []byte) error {
	return answer.Print(cmd.OutOrStdout(), body, answer.Format(s.format), s.query)
}
