//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
)

// A workload is one kind of traffic and what is measured under it.
type workload struct {
	name     string
	title    string
	fresh    bool                                            // each round has a process of its own
	optional bool                                            // run only if -work lists it
	paced    bool                                            // at half of the peers' peak rate
	quic     bool                                            // over HTTP/3
	network  string                                          // tcp or udp: without HTTP
	unit     unit                                            // in which its work is counted; requests if empty
	variants func(st *stage, name, binary string) []*subject // of elbow, compared with each other; nil: all balancers
	setup    func(*stage) setup                              // nil: the usual one
	run      func(ctx context.Context, r *running, o options) (sample, error)
}

// kept returns a load of wrk: requests for a path on kept connections.
func kept(path string, flags ...string) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		return measure(r, func() (outcome, error) { return wrk(ctx, r.url(path), o.duration, flags...) })
	}
}

// connects returns a load with a new connection for each request.
func connects(resume bool) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		return measure(r, func() (outcome, error) {
			return generate(ctx, "load-connects", order{Address: r.address, Duration: o.duration, Resume: resume})
		})
	}
}

// kept3 returns a load of requests for a path on kept connections over HTTP/3.
func kept3(path string, size int) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		return measure(r, func() (outcome, error) {
			return generate(ctx, "load-h3", order{Address: r.address, Duration: o.duration, Path: path, Size: size, Conns: h3Connections})
		})
	}
}

var workloads = append([]workload{
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
	{name: "h3", title: "HTTP/3, 100 B, 32 connections with 10 streams each", quic: true, run: kept3("/100", 100)},
	{name: "h3-16k", title: "HTTP/3, 16 KiB, 32 connections with 10 streams each", quic: true, run: kept3("/16k", 16<<10)},
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
			return idleMemory(ctx, r, "role-idle", openIdle, o.idle)
		},
	},
	{name: "users", title: "HTTP/1.1 keep-alive, 100 B, 64 connections, one cookie", variants: userPair, run: asUser},
	{
		name: "anonymous", title: fmt.Sprintf("HTTP/1.1 keep-alive, 100 B, 64 connections, %d requests/s, unauthenticated clients at the API", anonymousRate),
		variants: anonymousSubjects, run: besideAnonymous,
		setup: func(st *stage) setup { return setup{origins: st.origins, keys: st.ecdsa, apiTLS: true} },
	},
}, layer4Workloads...)

func workloadNames() (names []string) {
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// defaultWork returns the workloads that are run by default.
func defaultWork() (names []string) {
	for _, w := range workloads {
		if !w.optional {
			names = append(names, w.name)
		}
	}
	return names
}

// setupOf returns the configuration that a workload needs of every balancer.
func (w workload) setupOf(st *stage) setup {
	if w.network != "" {
		return setup{origins: st.echoes, network: w.network}
	}
	if w.setup == nil {
		return setup{origins: st.origins, keys: st.ecdsa}
	}
	return w.setup(st)
}

// takes reports whether a balancer supports the workload.
func (w workload) takes(s *subject) bool {
	switch {
	case w.network != "":
		return slices.Contains(s.layer4, w.network)
	case w.quic:
		return s.quic
	}
	return s.tcp
}
