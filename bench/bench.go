//go:build linux

// Bench measures elbow beside nginx, HAProxy and Caddy, with the same certificate, origins
// and load, one core for the balancer and another for load and origin. The balancers take
// turns in short rounds, so that a machine that slows down affects all of them. The ratios
// within one run are the result. Start reading at main, then subject and workload.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options has the values of the flags.
type options struct {
	rounds   int
	duration time.Duration
	idle     int
	pairs    int
	rate     float64
	sites    int
	workload []string
	subject  []string
	attacks  []string // kinds of load of the unauthenticated clients
	elbow    named
	other    named
	caddy    string
	nginx3   string
	keep     string
}

// named is a repeatable flag of the form name=value; a value alone gets the
// name "elbow".
type named []struct{ name, value string }

func (n *named) String() string { return fmt.Sprint(*n) }

func (n *named) Set(s string) error {
	name, value, found := strings.Cut(s, "=")
	if !found {
		name, value = "elbow", s
	}
	*n = append(*n, struct{ name, value string }{name, value})
	return nil
}

func main() {
	// The child processes end with the thread that started them (PR_SET_PDEATHSIG), so the
	// main goroutine keeps its thread.
	runtime.LockOSThread()
	if len(os.Args) > 1 {
		if known, err := runChild(os.Args[1], os.Args[2:]); known {
			exit(err)
		}
	}
	var o options
	var workloadList, subjectList, attackList string
	flag.IntVar(&o.rounds, "rounds", 3, "rounds of each workload and balancer; the medians are printed")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "length of one round")
	flag.IntVar(&o.idle, "idle", 10000, "idle TLS connections for the memory measurement; each needs a file descriptor in the balancer")
	flag.IntVar(&o.pairs, "idle-pairs", 5000, "idle TCP connections and UDP sessions for their memory measurement; a TCP connection needs two file descriptors in the balancer")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second of the workload half; 0 takes half of the best peak of nginx and HAProxy")
	flag.IntVar(&o.sites, "sites", 1000, "load balancers of the control plane measurement; 0 skips it")
	flag.StringVar(&workloadList, "work", strings.Join(defaultWork(), ","), "workloads to run, of "+strings.Join(workloadNames(), ","))
	flag.StringVar(&subjectList, "only", "", "balancers to run, by name; all if empty")
	flag.StringVar(&attackList, "attacks", "", "what the unauthenticated clients do, of "+strings.Join(attackNames(), ",")+"; all of it if empty")
	flag.Var(&o.elbow, "elbow", "an elbow binary as [name=]path; repeat to compare several")
	flag.Var(&o.other, "other", "any other proxy as name=command, with {address} {cert} {key} {pem} {origin1} {origin2}; repeatable")
	flag.StringVar(&o.caddy, "caddy", "", "a Caddy binary; not run if empty")
	flag.StringVar(&o.nginx3, "nginx3", "", "an nginx binary with HTTP/3, 1.25 or later, for the HTTP/3 rows; not run if empty")
	flag.BoolFunc("quick", "short for -rounds 1 -duration 2s -idle 1000 -idle-pairs 1000 -sites 0", func(string) error {
		o.rounds, o.duration, o.idle, o.pairs, o.sites = 1, 2*time.Second, 1000, 1000, 0
		return nil
	})
	flag.StringVar(&o.keep, "keep", "", "directory for configurations and logs, kept; a temporary one if empty")
	flag.Parse()
	o.workload = split(workloadList)
	o.subject = split(subjectList)
	o.attacks = split(attackList)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, o))
}

// run starts the origins, plays all rounds and prints the tables.
func run(ctx context.Context, o options) error {
	if runtime.NumCPU() < 2 {
		return errors.New("bench needs two cores: one for the balancer, one for load and origin")
	}
	if err := install(ctx, "nginx", streamModule, "haproxy", "wrk", "h2load"); err != nil {
		return err
	}
	stage, err := newStage(ctx, o.keep)
	if err != nil {
		return err
	}
	defer stage.close()

	subjects := chosen(stage, o)
	if len(subjects) == 0 {
		return fmt.Errorf("no balancer named %s", strings.Join(o.subject, ","))
	}
	tables, err := playAll(ctx, stage, subjects, o)
	if err != nil {
		return err
	}
	fmt.Println()
	describeMachine(ctx, os.Stdout, o)
	for _, t := range tables {
		t.print(os.Stdout)
	}
	if o.sites == 0 {
		return nil
	}
	for _, e := range o.elbow {
		if err := measureControl(ctx, stage, e.name, e.value, o); err != nil {
			return fmt.Errorf("control plane of %s: %w", e.name, err)
		}
	}
	return nil
}

// chosen lists the balancers to run.
func chosen(st *stage, o options) []*subject {
	all := []*subject{newNginx(st), newHAProxy(st)}
	for _, e := range o.elbow {
		all = append(all, newElbow(st, e.name, e.value))
	}
	if o.caddy != "" {
		all = append(all, newCaddy(st, o.caddy))
	}
	if o.nginx3 != "" {
		all = append(all, newNginx3(st, o.nginx3))
	}
	for _, e := range o.other {
		all = append(all, newOther(st, e.name, e.value))
	}
	if len(o.subject) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(s *subject) bool { return !slices.Contains(o.subject, s.name) })
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
