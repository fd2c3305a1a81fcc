//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The concurrency of a round of HTTP/2: half as many connections as wrk has, each with as
// many requests at a time as a page in a browser makes.
const (
	h2Connections = 32
	h2Streams     = 10
)

var (
	h2Finished = regexp.MustCompile(`(?m)^finished in ([\d.]+)(m?s|us|m),`)
	h2Requests = regexp.MustCompile(`(?m)^requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, (\d+) errored`)
)

// h2load runs one round of requests over HTTP/2 on kept connections.
func h2load(ctx context.Context, url string, d time.Duration) (outcome, error) {
	times, err := os.CreateTemp("", "h2load")
	if err != nil {
		return outcome{}, err
	}
	defer os.Remove(times.Name())
	defer times.Close()
	text, err := pinned(ctx, loadCore, "h2load", "-t1", "-c"+strconv.Itoa(h2Connections), "-m"+strconv.Itoa(h2Streams),
		"-D"+strconv.Itoa(int(d.Seconds())), "--log-file="+times.Name(), "-H", ":authority: "+serverName, url).CombinedOutput()
	if err != nil {
		return outcome{}, fmt.Errorf("h2load: %w: %s", err, text)
	}
	out, err := parseH2load(string(text))
	if err != nil {
		return outcome{}, err
	}
	out.P99, err = h2loadP99(times)
	return out, err
}

// h2loadP99 returns the 99th percentile of the times in a log of h2load, because its
// report has none. A line has the start, the status and the microseconds to the end of the
// answer.
func h2loadP99(log io.Reader) (time.Duration, error) {
	var took []time.Duration
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) < 3 {
			return 0, fmt.Errorf("h2load: %q in its log", lines.Text())
		}
		us, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("h2load: %w in its log", err)
		}
		took = append(took, time.Duration(us)*time.Microsecond)
	}
	slices.Sort(took)
	return percentile(took, 0.99), lines.Err()
}

// parseH2load parses the report of h2load. A round with errors is not a measurement.
func parseH2load(text string) (outcome, error) {
	finished, requests := h2Finished.FindStringSubmatch(text), h2Requests.FindStringSubmatch(text)
	if finished == nil || requests == nil {
		return outcome{}, fmt.Errorf("h2load: no totals in %q", text)
	}
	if requests[2] != "0" || requests[3] != "0" {
		return outcome{}, fmt.Errorf("h2load: %s", requests[0])
	}
	n, err := strconv.Atoi(requests[1])
	if err != nil {
		return outcome{}, err
	}
	elapsed, err := time.ParseDuration(finished[1] + finished[2])
	return outcome{Requests: n, Elapsed: elapsed}, err
}
