//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A workload is one kind of traffic and what is measured under it.
type workload struct {
	name     string
	title    string
	fresh    bool               // each round has a process of its own
	optional bool               // run only if asked for
	paced    bool               // at a rate that the peers' peak gives
	setup    func(*stage) setup // nil: the usual one
	run      func(ctx context.Context, r *running, o options) (sample, error)
}

// kept is the traffic of wrk: requests for a path on kept connections.
func kept(path string, flags ...string) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		return measure(r, func() (outcome, error) { return wrk(ctx, r.url(path), o.duration, flags...) })
	}
}

// connects is the traffic of a new connection for each request.
func connects(resume bool) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		return measure(r, func() (outcome, error) {
			return generate(ctx, "load-connects", order{Address: r.address, Duration: o.duration, Resume: resume})
		})
	}
}

var workloads = []workload{
	{name: "small", title: "HTTP/1.1 keep-alive, 100 B, 64 connections", run: kept("/100")},
	{name: "16k", title: "HTTP/1.1 keep-alive, 16 KiB, 64 connections", run: kept("/16k")},
	{name: "1m", title: "HTTP/1.1 keep-alive, 1 MiB, 64 connections", run: kept("/1m")},
	{
		name: "up", title: "HTTP/1.1 keep-alive, 1 MiB uploads, 64 connections",
		setup: func(st *stage) setup { return setup{origins: st.sinks, keys: st.ecdsa} },
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return kept("/upload", "-s", r.uploads)(ctx, r, o)
		},
	},
	{
		name: "log", title: "HTTP/1.1 keep-alive, 100 B, 64 connections, access log",
		setup: func(st *stage) setup { return setup{origins: st.origins, keys: st.ecdsa, accessLog: true} },
		run:   kept("/100"),
	},
	{
		name: "half", title: "HTTP/1.1 keep-alive, 100 B, 64 connections, half of the peers' peak", paced: true,
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) {
				return generate(ctx, "load-paced", order{Address: r.address, Duration: o.duration, Rate: o.rate})
			})
		},
	},
	{
		name: "h2", title: "HTTP/2, 100 B, 32 connections with 10 streams each",
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) { return h2load(ctx, r.url("/100"), o.duration) })
		},
	},
	{name: "connect", title: "new TLS connection for each request, full handshake, 100 B", run: connects(false)},
	{
		name: "connect-rsa", title: "new TLS connection for each request, full handshake, RSA 2048, 100 B", optional: true,
		setup: func(st *stage) setup { return setup{origins: st.origins, keys: st.rsa} },
		run:   connects(false),
	},
	{name: "resume", title: "new TLS connection for each request, resumed, 100 B", run: connects(true)},
	{
		name: "idle", title: "idle TLS connections after two requests each", fresh: true,
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return idleMemory(ctx, r, o.idle)
		},
	},
}

func workloadNames() (names []string) {
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// defaultWork names what is run if nothing is asked for.
func defaultWork() (names []string) {
	for _, w := range workloads {
		if !w.optional {
			names = append(names, w.name)
		}
	}
	return names
}

// setupOf is what a workload asks of every balancer.
func (w workload) setupOf(st *stage) setup {
	if w.setup == nil {
		return setup{origins: st.origins, keys: st.ecdsa}
	}
	return w.setup(st)
}

// A play is one workload on the balancers that take part in it.
type play struct {
	workload
	stage    *stage
	subjects []*subject
	started  map[*subject]*running // none if each round has a process of its own
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

// warmUp starts all subjects and gives each a second of the load.
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
	return r, nil
}

// halfPeak is half of what the better of the peers does at most, in requests a
// second.
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

// once runs one round, on a process of its own if the workload wants that.
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

// playAll plays the chosen workloads, one after the other.
func playAll(ctx context.Context, st *stage, subjects []*subject, o options, results *results) error {
	for _, w := range workloads {
		if !slices.Contains(o.workload, w.name) {
			continue
		}
		p := &play{workload: w, stage: st, subjects: subjects, options: o}
		if err := p.run(ctx, results); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}
