//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A play runs one workload on the balancers that take part in it.
type play struct {
	workload
	stage    *stage
	subjects []*subject
	started  map[*subject]*running // empty if each round has a process of its own
	options
}

// run runs all rounds of one workload. The subjects take turns.
func (p *play) run(ctx context.Context, results *results) error {
	p.started = make(map[*subject]*running)
	defer func() {
		for _, r := range p.started {
			r.stop()
		}
	}()
	if !p.fresh {
		if err := p.warmUp(ctx); err != nil {
			return err
		}
	}
	for round := range p.rounds {
		for _, s := range p.subjects {
			got, err := p.once(ctx, s)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			results.add(p.workload, s, got)
			fmt.Printf("%-8s round %d  %-10s %s\n", p.name, round+1, s.name, got)
		}
	}
	return nil
}

// warmUp starts all subjects and puts the load on each for a second.
func (p *play) warmUp(ctx context.Context) error {
	for _, s := range p.subjects {
		r, err := p.start(ctx, s)
		if err != nil {
			return err
		}
		p.started[s] = r
	}
	if p.paced && p.rate == 0 {
		var err error
		if p.rate, err = p.halfPeak(ctx); err != nil {
			return err
		}
		fmt.Printf("%-8s %.0f requests/s\n", p.name, p.rate)
	}
	warm := p.options
	warm.duration = time.Second
	for _, s := range p.subjects {
		if _, err := p.workload.run(ctx, p.started[s], warm); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (p *play) start(ctx context.Context, s *subject) (*running, error) {
	r, err := s.start(ctx, p.setupOf(p.stage))
	if err != nil {
		return nil, err
	}
	r.uploads = p.stage.uploads
	if err := p.check(r, s); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// check makes one exchange with a balancer that has just been started.
func (p *play) check(r *running, s *subject) error {
	switch {
	case p.network != "":
		return openIdlePlain(p.network)(r.address, 1, func() error { return nil })
	case s.tcp:
		// The other generators check the status only.
		_, err := connectOnce(r.address, clientTLS)
		return err
	}
	return nil
}

// halfPeak returns half of the highest rate, in requests a second, of the better of the
// peers.
func (p *play) halfPeak(ctx context.Context) (float64, error) {
	best := 0.0
	for _, s := range p.subjects {
		if !s.peer {
			continue
		}
		for range 2 { // the first one warms up
			got, err := kept("/100")(ctx, p.started[s], p.options)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", s.name, err)
			}
			best = max(best, got.rate)
		}
	}
	if best == 0 {
		return 0, errors.New("without nginx and HAProxy give a -rate")
	}
	return best / 2, nil
}

// once runs one round, on a new process if the workload asks for that.
func (p *play) once(ctx context.Context, s *subject) (sample, error) {
	r := p.started[s]
	if r == nil {
		var err error
		if r, err = p.start(ctx, s); err != nil {
			return sample{}, err
		}
		defer r.stop()
	}
	return p.workload.run(ctx, r, p.options)
}

// playAll plays the chosen workloads, one after the other. The first table contains the
// workloads that all balancers play.
func playAll(ctx context.Context, st *stage, subjects []*subject, o options) ([]*results, error) {
	tables := []*results{newResults(subjects)}
	for _, w := range workloads {
		if !slices.Contains(o.workload, w.name) {
			continue
		}
		if w.variants != nil {
			for _, e := range o.elbow {
				if len(o.subject) > 0 && !slices.Contains(o.subject, e.name) {
					continue
				}
				pair := newResults(w.variants(st, e.name, e.value))
				tables = append(tables, pair)
				if err := playOne(ctx, st, w, o, pair); err != nil {
					return nil, err
				}
			}
			continue
		}
		if err := playOne(ctx, st, w, o, tables[0]); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// playOne plays one workload on the balancers of the table that support it.
func playOne(ctx context.Context, st *stage, w workload, o options, table *results) error {
	p := &play{workload: w, stage: st, options: o}
	for _, s := range table.subjects {
		if w.takes(s) {
			p.subjects = append(p.subjects, s)
		}
	}
	if err := p.run(ctx, table); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return nil
}
