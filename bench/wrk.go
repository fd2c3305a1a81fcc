//go:build linux

package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// wrkConnections is the number of keep-alive connections in the rounds of wrk. It is high
// enough that the balancer always has a request to serve.
const wrkConnections = 64

var (
	wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in ([\d.]+)(m?s|m),`)
	wrkP99      = regexp.MustCompile(`(?m)^\s*99%\s+([\d.]+)(us|ms|s|m)\s*$`)
	wrkErrors   = regexp.MustCompile(`(?m)^\s*(Non-2xx or 3xx responses:.*|Socket errors:.*)$`)
)

// wrk runs one round of requests on kept connections. wrk offers no ALPN, so that HTTP/1.1
// is spoken, over TLS 1.3.
func wrk(ctx context.Context, url string, d time.Duration, flags ...string) (outcome, error) {
	args := append([]string{
		"-t1", "-c" + strconv.Itoa(wrkConnections), "-d" + strconv.Itoa(int(d.Seconds())),
		"--latency", "-H", "Host: " + serverName,
	}, flags...)
	text, err := pinned(ctx, loadCore, "wrk", append(args, url)...).CombinedOutput()
	if err != nil {
		return outcome{}, fmt.Errorf("wrk: %w: %s", err, text)
	}
	return parseWrk(string(text))
}

// parseWrk parses the report of wrk. A round with errors is not a measurement.
func parseWrk(text string) (outcome, error) {
	if bad := wrkErrors.FindString(text); bad != "" {
		return outcome{}, fmt.Errorf("wrk: %s", bad)
	}
	total := wrkRequests.FindStringSubmatch(text)
	tail := wrkP99.FindStringSubmatch(text)
	if total == nil || tail == nil {
		return outcome{}, fmt.Errorf("wrk: no totals in %q", text)
	}
	n, err := strconv.Atoi(total[1])
	if err != nil {
		return outcome{}, err
	}
	elapsed, err := time.ParseDuration(total[2] + total[3])
	if err != nil {
		return outcome{}, err
	}
	p99, err := time.ParseDuration(tail[1] + tail[2])
	if err != nil {
		return outcome{}, err
	}
	return outcome{Requests: n, Elapsed: elapsed, P99: p99}, nil
}
