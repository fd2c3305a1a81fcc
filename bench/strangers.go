//go:build linux

package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// strangersRate is the load of the data plane beside unauthenticated clients of the API,
// in requests a second. It is a fraction of the capacity, because the round measures
// latency.
const strangersRate = 2000

// strangersSettle is how long the node gets after a round to complete the work that these
// clients have caused, password checks above all, so that it does not disturb the next
// round.
const strangersSettle = 3 * time.Second

// strangerSubjects returns three subjects: elbow alone, elbow with unauthenticated clients
// at the port of its API, and elbow with the same clients at the port of another process
// on the same core that does almost no work. The last one shows the share of the machine
// in the result.
func strangerSubjects(st *stage, name, binary string) []*subject {
	alone, control, beside := newElbow(st, name+"-alone", binary), newElbow(st, name+"-control", binary), newElbow(st, name+"-strangers", binary)
	alone.peer = true
	for _, s := range []*subject{control, beside} {
		start := s.start
		s.start = func(ctx context.Context, how setup) (*running, error) {
			r, err := start(ctx, how)
			if err != nil {
				return nil, err
			}
			r.strangers = order{Address: r.api, Secure: true}
			if s == control {
				r.strangers, err = st.startDeaf(ctx)
			}
			if err != nil {
				r.stop()
				return nil, err
			}
			return r, nil
		}
	}
	return []*subject{alone, control, beside}
}

// startDeaf starts the server of the control, on the core of the balancer.
func (st *stage) startDeaf(ctx context.Context) (order, error) {
	self, err := os.Executable()
	if err != nil {
		return order{}, err
	}
	address, err := freeAddress("127.0.0.1")
	if err != nil {
		return order{}, err
	}
	p, err := startProcess(balancerCore, filepath.Join(st.dir, "deaf.log"), nil, self, "role-deaf", address)
	if err != nil {
		return order{}, err
	}
	st.servers = append(st.servers, p)
	return order{Address: address}, awaitListening(ctx, p, address)
}

// besideStrangers measures a load at a fixed rate, together with the unauthenticated
// clients if the subject has them.
func besideStrangers(ctx context.Context, r *running, o options) (sample, error) {
	load := order{Address: r.address, Duration: o.duration, Rate: cmp.Or(o.rate, strangersRate)}
	if r.strangers.Address == "" {
		return measure(r, func() (outcome, error) { return generate(ctx, "load-paced", load) })
	}
	to := r.strangers
	to.Ways = o.ways
	s, err := startStrangers(ctx, to)
	if err != nil {
		return sample{}, err
	}
	got, err := measure(r, func() (outcome, error) { return generate(ctx, "load-paced", load) })
	if err != nil {
		s.cancel()
		_ = s.cmd.Wait() // it was killed
		return sample{}, err
	}
	got.note, err = s.end()
	time.Sleep(strangersSettle)
	return got, err
}

// The child process that runs the unauthenticated clients.
type strangers struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	stdin  io.Closer
	stdout *bufio.Reader
	began  time.Time
}

// startStrangers starts them on the core of the load, where everything else goes
// first (nice), and returns when they have been at it for a while.
func startStrangers(ctx context.Context, to order) (*strangers, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(to)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &strangers{cancel: cancel, began: time.Now(), cmd: pinned(ctx, loadCore, "nice", "-n", "19", self, "role-strangers", string(text))}
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	s.stdin, s.stdout = in, bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	if _, err := s.stdout.ReadString('\n'); err != nil {
		cancel()
		return nil, fmt.Errorf("strangers: %w", cmp.Or(s.cmd.Wait(), err))
	}
	return s, nil
}

// end ends them, and says what they did in a second and what part of their core they
// took.
func (s *strangers) end() (note string, err error) {
	defer s.cancel()
	_ = s.stdin.Close() // tells them to end
	text, err := io.ReadAll(s.stdout)
	if err != nil {
		return "", err
	}
	if err := s.cmd.Wait(); err != nil {
		return "", fmt.Errorf("strangers: %w", err)
	}
	took := time.Since(s.began).Seconds()
	cpu := s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()
	return fmt.Sprintf("strangers (%.0f%% of their core): %s", 100*cpu.Seconds()/took, strings.TrimSpace(string(text))), nil
}
