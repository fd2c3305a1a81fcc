//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The balancer has a core of its own; load and origins share the other.
const (
	balancerCore = 0
	loadCore     = 1
)

// clockTicks is the unit of the times in /proc/PID/stat: USER_HZ, which the
// kernel fixes at 100 a second for everything that user space sees.
const clockTicks = 100

// stopGrace is the time from SIGTERM to the end of a process after which it gets SIGKILL.
const stopGrace = 10 * time.Second

// A process is a child that runs until stop.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when the child has ended
}

// startProcess starts a command pinned to one core, and writes its output to a file.
func startProcess(core int, logPath string, env []string, name string, args ...string) (*process, error) {
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := pinned(context.Background(), core, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{cmd: cmd, log: logPath, done: make(chan struct{})}
	go p.wait() // ends with the child; stop waits for it
	return p, nil
}

// pinned returns a command that runs on one core and ends with this process.
func pinned(ctx context.Context, core int, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", strconv.Itoa(core), name}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd
}

func (p *process) wait() {
	_ = p.cmd.Wait() // its log has the reason
	close(p.done)
}

// stop ends the child and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		_ = p.cmd.Process.Kill() // as above
		<-p.done
	}
}

// ended returns an error with the end of the log if the child process has ended.
func (p *process) ended() error {
	select {
	case <-p.done:
		log, _ := os.ReadFile(p.log) // the message is shorter without it
		return fmt.Errorf("%s ended: %s", p.cmd.Args[3], bytes.TrimSpace(log))
	default:
		return nil
	}
}

// family returns the ids of the child process and of its own children, as a master and its
// workers.
func (p *process) family() []int {
	root := p.cmd.Process.Pid
	pids := []int{root}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range stats {
		fields, err := statFields(path)
		if err != nil {
			continue // the process has ended since the listing
		}
		if parent, _ := strconv.Atoi(fields[1]); parent == root {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// cpu returns the processor time, user and system, that the family has used so far.
func (p *process) cpu() (time.Duration, error) {
	var ticks int64
	for _, pid := range p.family() {
		fields, err := statFields(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		user, err := strconv.ParseInt(fields[11], 10, 64)
		if err != nil {
			return 0, err
		}
		system, err := strconv.ParseInt(fields[12], 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += user + system
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// statFields returns the fields of a /proc/PID/stat from the third (state) on. The second
// one, the name, may contain blanks (proc(5)).
func statFields(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return nil, fmt.Errorf("%s: %d fields after the name", path, len(fields))
	}
	return fields, nil
}

// memory returns the proportional set size of the family in bytes: shared pages count
// once.
func (p *process) memory() (int64, error) {
	var total int64
	for _, pid := range p.family() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		_, rest, found := strings.Cut(string(text), "\nPss:")
		if !found {
			return 0, fmt.Errorf("process %d: no Pss in smaps_rollup", pid)
		}
		kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		if err != nil {
			return 0, err
		}
		total += kb << 10
	}
	return total, nil
}
