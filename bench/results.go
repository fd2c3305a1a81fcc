//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// results collects the samples of all rounds.
type results struct {
	subjects  []*subject
	workloads []workload                     // those with samples, in the order played
	samples   map[string]map[string][]sample // by workload, by subject
}

func newResults(subjects []*subject) *results {
	return &results{subjects: subjects, samples: make(map[string]map[string][]sample)}
}

func (r *results) add(w workload, s *subject, got sample) {
	if r.samples[w.name] == nil {
		r.samples[w.name] = make(map[string][]sample)
		r.workloads = append(r.workloads, w)
	}
	r.samples[w.name][s.name] = append(r.samples[w.name][s.name], got)
}

// A column is one measure of a sample, a row in the printed table.
type column struct {
	title  string // with {one} and {many} for the unit of the work
	value  func(sample) float64
	format func(float64) string
	more   bool                 // more is better
	caddy  bool                 // also compared with Caddy's
	plain  bool                 // neither is better: no ratio is printed
	only   func([]float64) bool // reports whether these medians are printed; nil: unless all are zero
}

var columns = []column{
	{title: "CPU µs {one}", value: func(s sample) float64 { return s.cpu }, format: decimals(1), caddy: true},
	{title: "{many}/s", value: func(s sample) float64 { return s.rate }, format: decimals(0), more: true, caddy: true},
	{title: "its core busy, %", value: func(s sample) float64 { return s.busy * 100 }, format: decimals(0), plain: true, only: someIdle},
	{title: "p50 ms", value: func(s sample) float64 { return s.p50 / 1000 }, format: decimals(2)},
	{title: "p99 ms", value: func(s sample) float64 { return s.p99 / 1000 }, format: decimals(2)},
	{title: "KB a connection", value: func(s sample) float64 { return s.memory / 1000 }, format: decimals(1)},
	{title: "bytes each", value: func(s sample) float64 { return s.pair }, format: decimals(0)},
}

// someIdle reports that a balancer was not saturated in a round. Its requests a second are
// those of the load then, and only its CPU time is comparable.
func someIdle(busy []float64) bool { return slices.Min(busy) < 90 }

func decimals(n int) func(float64) string {
	return func(v float64) string { return fmt.Sprintf("%.*f", n, v) }
}

// print writes the medians as a Markdown table. In brackets are the ratio to the better of
// the peers in this run, and the multiple of Caddy's throughput: as measured, or, in the
// row of CPU time, extrapolated to a full core.
func (r *results) print(w io.Writer) {
	if len(r.workloads) == 0 {
		return
	}
	out := bufio.NewWriter(w)
	defer out.Flush()
	fmt.Fprint(out, "| work | measure |")
	for _, s := range r.subjects {
		fmt.Fprintf(out, " %s |", s.name)
	}
	fmt.Fprintf(out, "\n|---|---|%s\n", strings.Repeat("---|", len(r.subjects)))
	for _, load := range r.workloads {
		for _, c := range columns {
			r.printRow(out, load, c)
		}
	}
	fmt.Fprintln(out)
}

func (r *results) printRow(out io.Writer, load workload, c column) {
	medians := make(map[string]float64) // by subject, of those that took part
	best := 0.0
	for _, s := range r.subjects {
		var values []float64
		for _, got := range r.samples[load.name][s.name] {
			values = append(values, c.value(got))
		}
		if len(values) == 0 {
			continue
		}
		m := median(values)
		medians[s.name] = m
		if s.peer && (best == 0 || c.more == (m > best)) {
			best = m
		}
	}
	all := slices.Collect(maps.Values(medians))
	if slices.Max(all) == 0 || c.only != nil && !c.only(all) {
		return
	}
	fmt.Fprintf(out, "| %s | %s |", load.title, load.unit.in(c.title))
	for _, s := range r.subjects {
		fmt.Fprintf(out, " %s |", c.cell(s, medians, best))
	}
	fmt.Fprintln(out)
}

// cell formats the median of a subject with its ratios.
func (c column) cell(s *subject, medians map[string]float64, best float64) string {
	m, tookPart := medians[s.name]
	if !tookPart {
		return "–"
	}
	text := c.format(m)
	if s.peer || c.plain {
		return text
	}
	var ratios []string
	if best != 0 {
		ratios = append(ratios, fmt.Sprintf("**%.2f**", m/best))
	}
	if caddy := medians[caddyName]; c.caddy && m*caddy != 0 && s.name != caddyName {
		times := m / caddy
		if !c.more {
			times = caddy / m
		}
		ratios = append(ratios, fmt.Sprintf("%.1f × Caddy", times))
	}
	if len(ratios) == 0 {
		return text
	}
	return text + " (" + strings.Join(ratios, ", ") + ")"
}

// median returns the median of values; 0 if there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// describeMachine writes the processor, the kernel and the versions of the programs.
func describeMachine(ctx context.Context, w io.Writer, o options) {
	fmt.Fprintf(w, "%d rounds of %s each, medians; %s, %d cores, Linux %s, %s; nginx %s, HAProxy %s",
		o.rounds, o.duration, cpuModel(), runtime.NumCPU(), kernel(ctx), runtime.Version(),
		nginxVersion(ctx, "nginx"), word(firstLine(ctx, "haproxy", "-v"), 2))
	if o.caddy != "" {
		fmt.Fprintf(w, ", Caddy %s", caddyVersion(o.caddy))
	}
	if o.nginx3 != "" {
		fmt.Fprintf(w, ", nginx3 is nginx %s", nginxVersion(ctx, o.nginx3))
	}
	fmt.Fprint(w, "\n\n")
}

func nginxVersion(ctx context.Context, binary string) string {
	return strings.TrimPrefix(firstLine(ctx, binary, "-v"), "nginx version: nginx/")
}

// cpuModel returns the first model in /proc/cpuinfo.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	_, rest, _ := strings.Cut(string(text), "model name")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(name, "\t :")
}

// kernel returns the first two numbers of the kernel's version; the rest is specific to
// the distribution.
func kernel(ctx context.Context) string {
	major, rest, _ := strings.Cut(firstLine(ctx, "uname", "-r"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	return major + "." + minor
}

// firstLine returns the first line of a command's output; "unknown" if it does not run.
func firstLine(ctx context.Context, name string, args ...string) string {
	text, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func word(s string, n int) string {
	if words := strings.Fields(s); n < len(words) {
		return words[n]
	}
	return s
}
