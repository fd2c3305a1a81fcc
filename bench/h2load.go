//go:build linux

package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// What h2load keeps busy: as many requests at a time as a browser's pages make,
// over as many connections as wrk has half of.
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
	text, err := pinned(ctx, loadCore, "h2load", "-t1", "-c"+strconv.Itoa(h2Connections), "-m"+strconv.Itoa(h2Streams),
		"-D"+strconv.Itoa(int(d.Seconds())), "-H", ":authority: "+serverName, url).CombinedOutput()
	if err != nil {
		return outcome{}, fmt.Errorf("h2load: %w: %s", err, text)
	}
	return parseH2load(string(text))
}

// parseH2load reads the report of h2load, which tells no percentiles. A round
// with errors is no measurement.
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
