//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"
)

// roles are what this program does when it is its own child, on the core of
// the load.
var roles = map[string]func(args []string) error{
	"role-connects": connectsRole,
	"role-idle":     idleRole,
}

// connectWorkers is the number of connections under way at any time in a round
// of new connections.
const connectWorkers = 32

// clientTLS is the client's side for everybody: X25519 because OpenSSL 3.0,
// under nginx and HAProxy, has no hybrid key exchange, and no session cache, so
// that every handshake is a full one.
//
// Why not wrk with "Connection: close": it keeps one TLS object a connection
// and resets it (SSL_clear keeps the session), so some of its handshakes are
// resumed, depending on how the server closes.
var clientTLS = &tls.Config{
	ServerName:         serverName,
	InsecureSkipVerify: true, // the certificate is our own of a moment ago
	MinVersion:         tls.VersionTLS13,
	CurvePreferences:   []tls.CurveID{tls.X25519},
	NextProtos:         []string{"http/1.1"},
}

// connects runs one round of a new connection for each request.
func connects(ctx context.Context, address string, d time.Duration) (outcome, error) {
	var out outcome
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	cmd := pinned(ctx, loadCore, self, "role-connects", address, d.String())
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("load generator: %w", err)
	}
	return out, json.Unmarshal(text, &out)
}

// connectsRole is the child of connects: address, duration.
func connectsRole(args []string) error {
	runtime.GOMAXPROCS(1)
	d, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	var (
		wg    sync.WaitGroup
		start = time.Now()
		took  [connectWorkers][]time.Duration
		errs  [connectWorkers]error
	)
	for i := range connectWorkers {
		wg.Go(func() { // ends with the round; waited for below
			took[i], errs[i] = connectUntil(args[0], start.Add(d))
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	all := slices.Concat(took[:]...)
	slices.Sort(all)
	return json.NewEncoder(os.Stdout).Encode(outcome{
		Requests: len(all), Elapsed: elapsed, P99: all[len(all)*99/100],
	})
}

// connectUntil connects, asks, reads to the end and starts again.
func connectUntil(address string, end time.Time) ([]time.Duration, error) {
	const request = "GET /100 HTTP/1.1\r\nHost: " + serverName + "\r\nConnection: close\r\n\r\n"
	var took []time.Duration
	for {
		start := time.Now()
		if start.After(end) {
			return took, nil
		}
		c, err := tls.Dial("tcp", address, clientTLS)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(c, request); err != nil {
			return nil, err
		}
		text, err := io.ReadAll(c)
		if err != nil {
			return nil, err
		}
		_ = c.Close() // the answer is complete
		if len(text) < 100 || string(text[:12]) != "HTTP/1.1 200" {
			return nil, fmt.Errorf("answer %q", text)
		}
		took = append(took, time.Since(start))
	}
}

// idleSettle is how long the balancer gets to let go of what the handshakes
// needed before its memory is read.
const idleSettle = 5 * time.Second

// idleMemory is what one idle connection adds to the balancer's memory.
func idleMemory(ctx context.Context, r *running, n int) (sample, error) {
	if err := openIdle(r.address, 1, func() error { return nil }); err != nil {
		return sample{}, err
	}
	time.Sleep(idleSettle)
	before, err := r.memory()
	if err != nil {
		return sample{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	cmd := pinned(ctx, loadCore, self, "role-idle", r.address, strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return sample{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return sample{}, err
	}
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return sample{}, fmt.Errorf("idle client: %w", cmd.Wait())
	}
	time.Sleep(idleSettle)
	after, err := r.memory()
	if err != nil {
		return sample{}, err
	}
	_ = stdin.Close() // tells the client to end
	if err := cmd.Wait(); err != nil {
		return sample{}, fmt.Errorf("idle client: %w", err)
	}
	return sample{memory: float64(after-before) / float64(n)}, nil
}

// idleRole is the child of idleMemory: address, number of connections. It
// holds them until its input ends and fails if one broke meanwhile.
func idleRole(args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return openIdle(args[0], n, func() error {
		fmt.Println("open")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	})
}

// openIdle opens n connections, sends two requests on each, calls hold, sends
// one more on each and closes them.
func openIdle(address string, n int, hold func() error) error {
	conns := make([]*tls.Conn, n)
	readers := make([]*bufio.Reader, n)
	ask := func(i int) error {
		if _, err := io.WriteString(conns[i], "GET /100 HTTP/1.1\r\nHost: "+serverName+"\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(readers[i], nil)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("connection %d: %s", i, res.Status)
		}
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	for i := range n {
		c, err := tls.Dial("tcp", address, clientTLS)
		if err != nil {
			return err
		}
		defer c.Close()
		conns[i], readers[i] = c, bufio.NewReader(c)
		for range 2 {
			if err := ask(i); err != nil {
				return err
			}
		}
	}
	if err := hold(); err != nil {
		return err
	}
	for i := range n {
		if err := ask(i); err != nil {
			return fmt.Errorf("after the wait: %w", err)
		}
	}
	return nil
}
