package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"elbow/internal/answer"
	"elbow/internal/manifest"
	"elbow/internal/rpc"
)

// awaitListeners waits until the listeners of the file that should run do, and reports why
// one does not.
func (o *Apply) awaitListeners(ctx context.Context, client *rpc.Client, wanted *manifest.Manifest, s *Screen) error {
	if o.Ready <= 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, o.Ready)
	defer cancel()
	var waiting []string // as of the last check
	for {
		now, err := notRunning(ctx, Caller(client), wanted)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			if waiting = now; len(waiting) == 0 {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			s.line("Not running after " + o.Ready.String() + ":")
			for _, line := range waiting {
				s.line("  " + answer.Visible(line))
			}
			return errors.New("applied, but not all listeners run")
		case <-time.After(waitPause):
		}
	}
}

// notRunning lists the listeners that should run and do not, with the reason.
func notRunning(ctx context.Context, call manifest.Caller, wanted *manifest.Manifest) (waiting []string, err error) {
	for _, lb := range wanted.LoadBalancers {
		if !lb.Active || len(lb.Listeners) == 0 {
			continue
		}
		status, err := manifest.Listeners(ctx, call, wanted, lb)
		if err != nil {
			return nil, err
		}
		for _, l := range lb.Listeners {
			if now := status[manifest.StatusKey(l.Port, l.Protocol)]; l.Running && now.Status != "running" {
				waiting = append(waiting, strings.TrimSpace(lb.Label()+":"+manifest.StatusKey(l.Port, l.Protocol)+" "+now.Status+" "+now.Reason))
			}
		}
	}
	return waiting, nil
}
