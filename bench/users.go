//go:build linux

package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// scrapeEvery is the interval at which metrics are read: a fifteenth of Prometheus' usual
// one, so that there are several in a round.
const scrapeEvery = time.Second

// userPair returns elbow twice: without optional features, and as users run it, with an
// access log, metrics that are scraped, health checks and cookies.
func userPair(st *stage, name, binary string) []*subject {
	bare := newElbow(st, name+"-bare", binary)
	bare.peer = true
	full := newElbow(st, name+"-full", binary)
	start := full.start
	full.start = func(ctx context.Context, s setup) (*running, error) {
		s.accessLog, s.full = true, true
		return start(ctx, s)
	}
	return []*subject{bare, full}
}

// asUser runs wrk with a cookie while the metrics are scraped. Without stickiness the
// cookie has no meaning, but requests have the same size.
func asUser(ctx context.Context, r *running, o options) (sample, error) {
	cookie, err := cookieOf(ctx, r)
	if err != nil {
		return sample{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	if r.metrics != "" {
		wg.Go(func() { scrape(ctx, r.metrics) }) // ends with ctx, waited for below
	}
	got, err := kept("/100", "-H", "Cookie: "+cookie)(ctx, r, o)
	cancel()
	wg.Wait()
	return got, err
}

// cookieOf returns the cookie that a balancer sets, or one as long as elbow's.
func cookieOf(ctx context.Context, r *running) (string, error) {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url("/100"), nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	_ = res.Body.Close() // the head is enough
	for _, c := range res.Cookies() {
		return c.Name + "=" + c.Value, nil
	}
	return "SESSIONS=00000000000000000000000000000000|1700000000|1700000000", nil
}

// scrape reads a page at intervals until ctx ends. Errors are ignored: only the work of
// the balancer matters.
func scrape(ctx context.Context, url string) {
	tick := time.NewTicker(scrapeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, res.Body) // see above
		_ = res.Body.Close()                 // see above
	}
}
