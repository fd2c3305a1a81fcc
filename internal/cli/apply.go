package cli

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/answer"
	"elbow/internal/manifest"
)

// An Apply holds the arguments of `elbow apply`.
type Apply struct {
	File   string        // -: standard input
	Yes    bool          // applies without a question
	DryRun bool          // only prints what would change
	Prune  bool          // deletes what the file does not contain
	Ready  time.Duration // how long to wait until the listeners run; 0: does not wait
}

// changesPending is the exit status of --dry-run when something would change, as with
// `terraform plan -detailed-exitcode`: scripts tell it from 0, no changes, and 1, an
// error.
const changesPending ExitStatus = 2

// Run reads the file, plans the changes, asks for confirmation, applies them and waits.
func (o *Apply) Run(cmd *cobra.Command, access *Access) error {
	text, err := readAll(o.File, cmd.InOrStdin())
	if err != nil {
		return err
	}
	wanted, err := manifest.Read(text, filepath.Dir(o.File))
	if err != nil {
		return fmt.Errorf("%s: %w", o.File, err)
	}
	client, err := access.Client()
	if err != nil {
		return err
	}
	state, err := manifest.Fetch(cmd.Context(), Caller(client), o.concerns(wanted))
	if err != nil {
		return err
	}
	if wanted.NamesResources() {
		if err := state.FetchResources(cmd.Context(), Caller(client)); err != nil {
			return err
		}
	}
	steps, err := manifest.Plan(wanted, state, manifest.Options{Prune: o.Prune})
	if err != nil {
		return fmt.Errorf("%s: %w", o.File, err)
	}
	s := NewScreen(cmd.OutOrStdout())
	if len(steps) == 0 {
		s.line("Nothing to change: the server is as " + o.File + " describes.")
		if o.DryRun {
			return nil
		}
		return o.awaitListeners(cmd.Context(), client, wanted, s)
	}
	s.plan(steps)
	if o.DryRun {
		return changesPending
	}
	if err := o.confirm(cmd, len(steps)); err != nil {
		return err
	}
	err = manifest.Apply(cmd.Context(), Caller(client), steps, state, func(step manifest.Step) {
		s.line("  done  " + string(step.Change) + " " + answer.Visible(step.What))
	})
	if err != nil {
		return fmt.Errorf("%w\nwhat is done stays; apply the file again to go on", err)
	}
	return o.awaitListeners(cmd.Context(), client, wanted, s)
}

// concerns returns a function that reports which load balancers of the server have to be
// read.
func (o *Apply) concerns(wanted *manifest.Manifest) func(name, id string) bool {
	if o.Prune {
		return nil
	}
	names, ids := make(map[string]bool), make(map[string]bool)
	for _, lb := range wanted.LoadBalancers {
		if lb.ID == "" {
			names[lb.Name] = true
		} else {
			ids[lb.ID] = true
		}
	}
	for _, r := range wanted.Resources {
		if r.Balancer != nil {
			names[*r.Balancer] = true
		}
	}
	return func(name, id string) bool { return names[name] || ids[id] }
}

// confirm asks the user for confirmation, unless a flag makes that unnecessary.
func (o *Apply) confirm(cmd *cobra.Command, changes int) error {
	if o.Yes {
		return nil
	}
	if o.File == "-" {
		return ErrNobody
	}
	return Ask(cmd, fmt.Sprintf("\nApply %s? [y/N] ", plural(changes, "change")))
}
