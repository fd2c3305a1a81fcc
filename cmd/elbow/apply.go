package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/answer"
	"elbow/internal/manifest"
	"elbow/internal/rpc"
)

const applyText = `Bring certificates, load balancers, backends and listeners to the state that a file
describes: print what has to change, ask, and change it. What is as described is
left alone, so applying a file twice changes nothing the second time. Listeners
and backends of the file's load balancers that the file does not have are removed;
other load balancers are left alone, unless --prune is given.

Fields have the names of the API's parameters:

  Certificates:
    - Name: shop
      Cert: chain.pem             # a file beside this one, or the PEM text itself
      Key: key.pem
  LoadBalancers:
    - LoadBalancerName: shop      # EnsRegionId, NetworkId, … default to what a new server has
      BackendServers:
        - {ServerId: i-web-1, Ip: 10.0.0.11, Port: 8080, Weight: 100}
      Listeners:
        - ListenerPort: 443
          Certificate: shop       # by name; Status: Stopped keeps the listener from running
          HealthCheck: on
          HealthCheckURI: /health

A field that is left out takes its default; one without a default stays as it is.
Where several load balancers have one name, LoadBalancerId says which one is meant;
with it another LoadBalancerName renames. A listener may have several certificates,
Certificate: [shop-ecdsa, shop-rsa].
"elbow export" writes such a file from what exists.

The exit status is 0 if the server is as the file describes or has been brought
there, and 1 on an error. With --dry-run it is 2 if something would change.`

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

func newApplyCommand() *cobra.Command {
	access, o := new(access), new(applyOptions)
	cmd := &cobra.Command{
		Use:     "apply -f FILE",
		Short:   "Bring load balancers to the state that a file describes",
		Long:    applyText,
		Example: "  elbow apply -f site.yaml\n  elbow apply -f site.yaml --dry-run",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd, access) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "the file, - for standard input")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would change and end, with exit status 2 if something would, 0 if nothing would and 1 on an error")
	f.BoolVar(&o.prune, "prune", false, "release load balancers and delete unused certificates that the file does not have")
	f.DurationVar(&o.ready, "wait", 30*time.Second, "how long to wait until the listeners of the file run; 0 does not wait")
	access.flags(f)
	if err := errors.Join(cmd.MarkFlagRequired("file"), cmd.MarkFlagFilename("file", "yaml", "yml", "json")); err != nil {
		panic(err) // the flag was added above
	}
	return cmd
}

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

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// plan shows the steps, an empty line before and after.
func (s *screen) plan(steps []manifest.Step) {
	colour := map[manifest.Change]string{manifest.Create: "32", manifest.Modify: "33", manifest.Replace: "35", manifest.Delete: "31"}
	s.line("")
	for _, step := range steps {
		s.line(s.style(colour[step.Change], string(step.Change)+" "+answer.Visible(step.What)))
		for _, d := range step.Details {
			s.line("    " + s.dim(answer.Visible(d)))
		}
	}
}

// caller makes calls as client. A call that is throttled is made again: a large
// file takes more calls than an account may make in a second.
func caller(client *rpc.Client) manifest.Caller {
	return func(ctx context.Context, version, action string, params map[string]string) ([]byte, error) {
		for {
			body, err := client.Call(ctx, version, action, params)
			e, refused := errors.AsType[*rpc.Error](err)
			if !refused {
				return body, err
			}
			if !strings.HasPrefix(e.Code, "Throttling") {
				return nil, explain(err)
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(max(e.RetryAfter, waitPause)):
			}
		}
	}
}
