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

// anonymousRate is the load of the data plane beside unauthenticated clients of the API,
// in requests a second. It is a fraction of the capacity, because the round measures
// latency.
const anonymousRate = 2000

// anonymousSettle is the time after a round in which the node completes the work that these
// clients have caused, above all password checks, so that it does not disturb the next
// round.
const anonymousSettle = 3 * time.Second

// anonymousSubjects returns three subjects: elbow alone, elbow with unauthenticated clients
// at the port of its API, and elbow with the same clients at the port of another process
// on the same core that does almost no work. The last one shows the share of the machine
// in the result.
func anonymousSubjects(st *stage, name, binary string) []*subject {
	alone, control, beside := newElbow(st, name+"-alone", binary), newElbow(st, name+"-control", binary), newElbow(st, name+"-anonymous", binary)
	alone.peer = true
	for _, s := range []*subject{control, beside} {
		start := s.start
		s.start = func(ctx context.Context, how setup) (*running, error) {
			r, err := start(ctx, how)
			if err != nil {
				return nil, err
			}
			r.anonymous = order{Address: r.api, Secure: true}
			if s == control {
				r.anonymous, err = st.startRefuse(ctx)
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

// startRefuse starts the control's server, which refuses everything (refuseRole), on the core
// of the balancer.
func (st *stage) startRefuse(ctx context.Context) (order, error) {
	self, err := os.Executable()
	if err != nil {
		return order{}, err
	}
	address, err := freeAddress("127.0.0.1")
	if err != nil {
		return order{}, err
	}
	p, err := startProcess(balancerCore, filepath.Join(st.dir, "refuse.log"), nil, self, "role-refuse", address)
	if err != nil {
		return order{}, err
	}
	st.servers = append(st.servers, p)
	return order{Address: address}, awaitListening(ctx, p, address)
}

// besideAnonymous measures a load at a fixed rate, together with the unauthenticated
// clients if the subject has them.
func besideAnonymous(ctx context.Context, r *running, o options) (sample, error) {
	load := order{Address: r.address, Duration: o.duration, Rate: cmp.Or(o.rate, anonymousRate)}
	if r.anonymous.Address == "" {
		return measure(r, func() (outcome, error) { return generate(ctx, "load-paced", load) })
	}
	to := r.anonymous
	to.Attacks = o.attacks
	s, err := startAnonymous(ctx, to)
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
	time.Sleep(anonymousSettle)
	return got, err
}

// An anonymous is a child process that runs the unauthenticated clients.
type anonymous struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	stdin  io.Closer
	stdout *bufio.Reader
	began  time.Time
}

// startAnonymous starts the child process on the core of the load, with the lowest
// priority (nice), and returns after attackLead.
func startAnonymous(ctx context.Context, to order) (*anonymous, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(to)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &anonymous{cancel: cancel, began: time.Now(), cmd: pinned(ctx, loadCore, "nice", "-n", "19", self, "role-anonymous", string(text))}
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
		return nil, fmt.Errorf("unauthenticated clients: %w", cmp.Or(s.cmd.Wait(), err))
	}
	return s, nil
}

// end ends the child process. The note contains the rate of each attack and the share of
// the core that the process used.
func (s *anonymous) end() (note string, err error) {
	defer s.cancel()
	_ = s.stdin.Close() // tells them to end
	text, err := io.ReadAll(s.stdout)
	if err != nil {
		return "", err
	}
	if err := s.cmd.Wait(); err != nil {
		return "", fmt.Errorf("unauthenticated clients: %w", err)
	}
	took := time.Since(s.began).Seconds()
	cpu := s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()
	return fmt.Sprintf("unauthenticated clients (%.0f%% of their core): %s", 100*cpu.Seconds()/took, strings.TrimSpace(string(text))), nil
}
