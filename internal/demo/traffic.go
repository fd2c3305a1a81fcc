package demo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// invite shows how to send requests from another terminal.
func (d *demo) invite() {
	d.screen.Title("The listener serves")
	d.screen.Fact("URL", d.url())
	d.screen.Fact("try", "curl --cacert "+d.caFile+" "+d.url())
}

func (d *demo) url() string { return "https://" + d.listener.String() + "/" }

// newClient returns a client that trusts the demo's authority.
func (d *demo) newClient() *http.Client {
	return &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: d.roots}},
	}
}

// request sends one request, with a cookie or none, and returns the backend that answered
// and the cookie that was set, "" for none.
func (d *demo) request(ctx context.Context, c *http.Client, cookie string) (backend, set string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url(), nil)
	if err != nil {
		return "", "", err
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	res, err := c.Do(req)
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", "", err
	}
	backend, hello := strings.CutPrefix(strings.TrimSpace(string(body)), "hello from ")
	if res.StatusCode != http.StatusOK || !hello {
		return "", "", fmt.Errorf("GET %s: %s: %q", d.url(), res.Status, body)
	}
	return backend, res.Header.Get("Set-Cookie"), nil
}

// warmUp sends requests until every backend has had one: a backend gets none before its
// first successful probe.
func (d *demo) warmUp(ctx context.Context, c *http.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	seen := make(map[string]bool)
	for len(seen) < len(d.backends) {
		backend, _, err := d.request(ctx, c, "")
		if err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("only %d of %d backends answer: %w", len(seen), len(d.backends), err)
			}
			return err
		}
		seen[backend] = true
	}
	return nil
}

const (
	spreadRequests = 300
	stickyRequests = 50
)

// measure sends requests without a cookie, then some with the cookie of the first answer,
// shows their distribution, and fails if it is not as configured.
func (d *demo) measure(ctx context.Context) error {
	c := d.newClient()
	defer c.CloseIdleConnections()
	if err := d.warmUp(ctx, c); err != nil {
		return err
	}
	spread := make(map[string]int)
	var cookie, owner string
	for i := range spreadRequests {
		backend, set, err := d.request(ctx, c, "")
		if err != nil {
			return fmt.Errorf("request %d: %w", i+1, err)
		}
		if !strings.HasPrefix(set, "SERVERID=") {
			return fmt.Errorf("request %d: no cookie SERVERID was set, but %q", i+1, set)
		}
		if spread[backend]++; cookie == "" {
			cookie, owner = set, backend
		}
	}
	kept := 0
	value, _, _ := strings.Cut(cookie, ";")
	for range stickyRequests {
		backend, _, err := d.request(ctx, c, value)
		if err != nil {
			return fmt.Errorf("with a cookie: %w", err)
		}
		if backend == owner {
			kept++
		}
	}
	d.showSpread(spread, cookie, kept, owner)
	if kept != stickyRequests {
		return fmt.Errorf("the cookie of %s brought %d of %d requests back to it", owner, kept, stickyRequests)
	}
	return d.checkSpread(spread)
}

// checkSpread allows each backend one request more or fewer than its weight demands, which
// wrr guarantees at any time.
func (d *demo) checkSpread(spread map[string]int) error {
	total := 0
	for _, b := range d.backends {
		total += b.weight
	}
	for _, b := range d.backends {
		want := spreadRequests * b.weight / total
		if got := spread[b.name]; got < want-1 || got > want+1 {
			return fmt.Errorf("%s got %d of %d requests, its weight says %d", b.name, got, spreadRequests, want)
		}
	}
	return nil
}

func (d *demo) showSpread(spread map[string]int, cookie string, kept int, owner string) {
	d.screen.Title(fmt.Sprintf("%d requests without a cookie", spreadRequests))
	for _, b := range d.backends {
		d.screen.Bar(b.name, fmt.Sprintf("weight %3d", b.weight), spread[b.name], spreadRequests)
	}
	d.screen.Title("Stickiness")
	d.screen.Fact("Set-Cookie", cookie)
	d.screen.Fact("kept", fmt.Sprintf("%d of %d requests with it went to %s", kept, stickyRequests, owner))
	d.screen.End()
}

// watch sends a few requests a second and shows their distribution until ctx ends.
func (d *demo) watch(ctx context.Context) error {
	c := d.newClient()
	defer c.CloseIdleConnections()
	d.screen.Title("Requests: ten a second from here, and yours (Ctrl-C ends)")
	send := time.NewTicker(100 * time.Millisecond)
	defer send.Stop()
	for {
		select {
		case <-ctx.Done():
			d.screen.End()
			return nil
		case <-send.C:
		}
		_, _, err := d.request(ctx, c, "")
		if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			return err
		}
		d.screen.Live(d.counts())
	}
}

func (d *demo) counts() string {
	var line strings.Builder
	for _, b := range d.backends {
		fmt.Fprintf(&line, "%s %-8d", b.name, b.requests.Load())
	}
	return line.String()
}
