//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// A workload is one kind of traffic and what is measured under it.
type workload struct {
	name  string
	title string
	fresh bool // each round has a process of its own
	run   func(ctx context.Context, r *running, o options) (sample, error)
}

var workloads = []workload{
	{
		name: "small", title: "HTTP/1.1 keep-alive, 100 B, 64 connections",
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) { return wrk(ctx, r.url("/100"), o.duration) })
		},
	},
	{
		name: "16k", title: "HTTP/1.1 keep-alive, 16 KiB, 64 connections",
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) { return wrk(ctx, r.url("/16k"), o.duration) })
		},
	},
	{
		name: "h2", title: "HTTP/2, 100 B, 32 connections with 10 streams each",
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) { return h2load(ctx, r.url("/100"), o.duration) })
		},
	},
	{
		name: "connect", title: "new TLS connection for each request, full handshake, 100 B",
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) { return connects(ctx, r.address, o.duration) })
		},
	},
	{
		name: "idle", title: "idle TLS connections after two requests each", fresh: true,
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return idleMemory(ctx, r, o.idle)
		},
	},
}

func workloadNames() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// An outcome is what a load generator tells of one round.
type outcome struct {
	Requests int
	Elapsed  time.Duration
	P99      time.Duration
}

// A sample is what one round gives. Zero: not measured by this workload.
type sample struct {
	cpu    float64 // microseconds of the balancer a request
	rate   float64 // requests a second
	p99    float64 // microseconds
	memory float64 // bytes a connection
}

// measure takes the balancer's processor time around one round of load.
func measure(r *running, load func() (outcome, error)) (sample, error) {
	before, err := r.cpu()
	if err != nil {
		return sample{}, err
	}
	out, err := load()
	if err != nil {
		return sample{}, err
	}
	after, err := r.cpu()
	if err != nil {
		return sample{}, err
	}
	if out.Requests == 0 {
		return sample{}, fmt.Errorf("no request was answered")
	}
	return sample{
		cpu:  float64((after - before).Microseconds()) / float64(out.Requests),
		rate: float64(out.Requests) / out.Elapsed.Seconds(),
		p99:  float64(out.P99.Microseconds()),
	}, nil
}

// play runs all rounds of one workload. The subjects take turns.
func play(ctx context.Context, w workload, subjects []*subject, o options, results *results) error {
	started := make(map[*subject]*running)
	defer func() {
		for _, r := range started {
			r.stop()
		}
	}()
	if !w.fresh {
		warm := o
		warm.duration = time.Second
		for _, s := range subjects {
			r, err := s.start(ctx)
			if err != nil {
				return err
			}
			started[s] = r
			if _, err := w.run(ctx, r, warm); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	for round := range o.rounds {
		for _, s := range subjects {
			got, err := playOnce(ctx, w, s, started[s], o)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			results.add(w, s, got)
			fmt.Printf("%-8s round %d  %-10s %s\n", w.name, round+1, s.name, got)
		}
	}
	return nil
}

// playOnce runs one round, on r or, if that is nil, on a process of its own.
func playOnce(ctx context.Context, w workload, s *subject, r *running, o options) (sample, error) {
	if r == nil {
		var err error
		if r, err = s.start(ctx); err != nil {
			return sample{}, err
		}
		defer r.stop()
	}
	return w.run(ctx, r, o)
}

func (s sample) String() string {
	if s.memory != 0 {
		return fmt.Sprintf("%.1f KB a connection", s.memory/1000)
	}
	return fmt.Sprintf("%.1f µs CPU a request, %.0f requests/s, p99 %.2f ms", s.cpu, s.rate, s.p99/1000)
}
