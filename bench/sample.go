//go:build linux

package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// An outcome is the report of a load generator on one round.
type outcome struct {
	Requests int
	Elapsed  time.Duration
	P50      time.Duration // 0: not measured
	P99      time.Duration // 0: not measured
	Full     int           // handshakes that were full although a ticket was offered
	Lost     int           // datagrams without an answer
	Late     time.Duration // 99th percentile of the generator's own delay, of an open loop
}

// A sample has the measurements of one round. Zero: not measured by this workload.
type sample struct {
	cpu    float64 // microseconds of the balancer's processor time for a request, or another unit of work
	busy   float64 // share of its core that the balancer used, 0 to 1
	rate   float64 // requests, or other units of work, a second
	p50    float64 // microseconds
	p99    float64 // microseconds
	memory float64 // bytes per connection
	pair   float64 // bytes per TCP connection with its connection to the origin, or per UDP session
	full   int     // handshakes that were full, though resumption was asked for
	late   float64 // microseconds, 99th percentile
	note   string  // printed after the round
}

// measure runs one round of load and measures the balancer's processor time.
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
	return sampleOf(out, after-before)
}

// sampleOf converts an outcome and the balancer's processor time to a sample.
func sampleOf(out outcome, cpu time.Duration) (sample, error) {
	if out.Requests == 0 {
		return sample{}, errors.New("no request was answered")
	}
	got := sample{
		cpu:  microseconds(cpu) / float64(out.Requests),
		busy: cpu.Seconds() / out.Elapsed.Seconds(),
		rate: float64(out.Requests) / out.Elapsed.Seconds(),
		p50:  microseconds(out.P50),
		p99:  microseconds(out.P99),
		full: out.Full,
		late: microseconds(out.Late),
	}
	if out.Lost > 0 {
		got.note = fmt.Sprintf("%d datagrams lost", out.Lost)
	}
	return got, nil
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func (s sample) String() string {
	if s.memory != 0 {
		return fmt.Sprintf("%.1f KB a connection", s.memory/1000)
	}
	if s.pair != 0 {
		return fmt.Sprintf("%.0f bytes each", s.pair)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%.1f µs CPU each, core %.0f%% busy, %.0f a second", s.cpu, s.busy*100, s.rate)
	if s.p99 != 0 {
		fmt.Fprintf(&text, ", p99 %.2f ms", s.p99/1000)
	}
	if s.p50 != 0 {
		fmt.Fprintf(&text, ", p50 %.2f ms", s.p50/1000)
	}
	if s.full != 0 {
		fmt.Fprintf(&text, ", %d handshakes not resumed", s.full)
	}
	if s.late != 0 {
		fmt.Fprintf(&text, ", generator late by %.2f ms (p99)", s.late/1000)
	}
	if s.note != "" {
		fmt.Fprintf(&text, "; %s", s.note)
	}
	return text.String()
}
