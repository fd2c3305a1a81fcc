package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/answer"
	"elbow/internal/manifest"
)

// applyOptions are the flags of `elbow apply`.
type applyOptions struct {
	file   string
	yes    bool
	dryRun bool
	prune  bool
	ready  time.Duration
}

// changesPending is how --dry-run ends when something would change, as `terraform
// plan -detailed-exitcode` does: a script tells it from 0, nothing to change, and
// from 1, an error.
const changesPending exitStatus = 2

// run reads, plans, asks, applies and waits.
func (o *applyOptions) run(cmd *cobra.Command, access *access) error {
	text, err := readAll(o.file, cmd.InOrStdin())
	if err != nil {
		return err
	}
	wanted, err := manifest.Read(text, filepath.Dir(o.file))
	if err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	client, err := access.client()
	if err != nil {
		return err
	}
	state, err := manifest.Fetch(cmd.Context(), caller(client), o.concerns(wanted))
	if err != nil {
		return err
	}
	steps, err := manifest.Plan(wanted, state, manifest.Options{Prune: o.prune})
	if err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	s := newScreen(cmd.OutOrStdout())
	if len(steps) == 0 {
		s.line("Nothing to change: the server is as " + o.file + " describes.")
		if o.dryRun {
			return nil
		}
		return o.awaitListeners(cmd.Context(), client, wanted, s)
	}
	s.plan(steps)
	if o.dryRun {
		return changesPending
	}
	if err := o.confirm(cmd, len(steps)); err != nil {
		return err
	}
	err = manifest.Apply(cmd.Context(), caller(client), steps, state, func(step manifest.Step) {
		s.line("  done  " + string(step.Change) + " " + answer.Visible(step.What))
	})
	if err != nil {
		return fmt.Errorf("%w\nwhat is done stays; apply the file again to go on", err)
	}
	return o.awaitListeners(cmd.Context(), client, wanted, s)
}

// concerns reports which load balancers of the server are to be read.
func (o *applyOptions) concerns(wanted *manifest.Manifest) func(name, id string) bool {
	if o.prune {
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
	return func(name, id string) bool { return names[name] || ids[id] }
}

// confirm asks whoever sits at the terminal, unless the flags say not to.
func (o *applyOptions) confirm(cmd *cobra.Command, changes int) error {
	if o.yes {
		return nil
	}
	if o.file == "-" {
		return errNobody
	}
	return ask(cmd, fmt.Sprintf("\nApply %s? [y/N] ", plural(changes, "change")))
}
