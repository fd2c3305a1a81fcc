//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// idleSettle is the time in which the balancer can release the memory of the handshakes
// before its memory is read.
const idleSettle = 5 * time.Second

// An openFunc opens n connections to an address, uses each, calls hold, uses each once
// more and closes them.
type openFunc func(address string, n int, hold func() error) error

// idleMemory measures the memory of an idle connection: the growth of the balancer's
// memory by n connections, divided by n. A child process in the given role opens them.
func idleMemory(ctx context.Context, r *running, role string, open openFunc, n int) (sample, error) {
	if err := open(r.address, 1, func() error { return nil }); err != nil {
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
	cmd := pinned(ctx, loadCore, self, role, r.address, strconv.Itoa(n))
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

// idleRole returns a role for idleMemory with two arguments: the address and the number of
// connections. It holds the connections until its standard input ends, and fails if one
// has broken by then.
func idleRole(open openFunc) func(args []string) error {
	return func(args []string) error {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return open(args[0], n, func() error {
			fmt.Println("open")
			_, err := io.Copy(io.Discard, os.Stdin)
			return err
		})
	}
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
