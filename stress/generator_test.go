package stress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/elbtest"
)

// A load describes what the generator offers.
type load struct {
	Address string
	Kind    string        // kept: requests on persistent connections; new: TLS handshakes; quic: QUIC handshakes
	Rate    float64       // per second, independent of the answers; 0: one after the other
	Conns   int           // connections, or the maximum in flight
	For     time.Duration // at most a minute
	Late    time.Duration // a later answer does not count
}

// An outcome is the result of a load.
type outcome struct {
	Offered, Good, Refused, Late, Failed, Unsent int64
	Goodput                                      float64 // per second
	Median, P99                                  time.Duration
}

// run runs a child process that generates l.
func (l load) run(t *testing.T) outcome {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("taskset", "-c", "1", os.Args[0])
	child.Env = append(os.Environ(), loadVariable+"="+string(text))
	child.Stderr = os.Stderr
	said, err := child.Output()
	if err != nil {
		t.Fatalf("load generator: %v", err)
	}
	var o outcome
	if err := json.Unmarshal(said, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// generate runs in the child process, with l in JSON.
func generate(text string) error {
	var l load
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return err
	}
	l.For = min(l.For, time.Minute)
	var g generator
	g.load = l
	g.tickets = make(chan struct{}, l.Conns)
	var err error
	switch l.Kind {
	case "new":
		g.hello, err = recordHello()
	case "quic":
		err = g.openQUIC()
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	for i := range l.Conns {
		if l.Kind == "kept" && i%100 == 0 {
			time.Sleep(50 * time.Millisecond) // handshakes are not measured
		}
		g.wg.Go(func() { g.work(ctx) }) // ends with ctx
	}
	if l.Kind == "kept" {
		for g.ready.Load() < int64(l.Conns) {
			time.Sleep(time.Millisecond)
		}
	}
	start := time.Now()
	g.offer(start)
	elapsed := time.Since(start)
	time.Sleep(l.Late) // for answers in flight
	cancel()
	g.wg.Wait()
	slices.Sort(g.took)
	o := outcome{
		Offered: g.offered.Load(), Good: int64(len(g.took)), Refused: g.refused.Load(), Late: g.late.Load(),
		Failed: g.failed.Load(), Unsent: g.unsent.Load(), Goodput: float64(len(g.took)) / elapsed.Seconds(),
	}
	if n := len(g.took); n > 0 {
		o.Median, o.P99 = g.took[n/2], g.took[n*99/100]
	}
	return json.NewEncoder(os.Stdout).Encode(o)
}

type generator struct {
	load
	tickets chan struct{} // one for each request that is due
	hello   []byte
	quic    quicShaker
	wg      sync.WaitGroup

	ready, offered, refused, late, failed, unsent atomic.Int64

	mu   sync.Mutex
	took []time.Duration // guarded by mu; of the answers that count
}

// offer makes requests due: at the rate, or as fast as they are sent.
func (g *generator) offer(start time.Time) {
	for n := 0; time.Since(start) < g.For; {
		if g.Rate == 0 {
			select {
			case g.tickets <- struct{}{}:
				g.offered.Add(1)
			case <-time.After(time.Millisecond):
			}
			continue
		}
		for due := int(time.Since(start).Seconds() * g.Rate); n < due; n++ {
			g.offered.Add(1)
			select {
			case g.tickets <- struct{}{}:
			default:
				g.unsent.Add(1) // all connections are busy
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// work sends requests that are due.
func (g *generator) work(ctx context.Context) {
	var c *kept
	if g.Kind == "kept" {
		for c == nil { // connecting all at once would be an overload of its own
			var err error
			if c, err = dialKept(g.Address); err != nil && ctx.Err() != nil {
				return
			}
		}
		defer c.Close()
		g.ready.Add(1)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.tickets:
		}
		start := time.Now()
		status, err := 0, error(nil)
		switch g.Kind {
		case "kept":
			status, err = c.ask()
		case "new":
			status, err = g.shake()
		case "quic":
			status, err = g.shakeQUIC()
		}
		took := time.Since(start)
		switch {
		case err != nil:
			g.failed.Add(1)
			if c != nil {
				return
			}
		case status != 200:
			g.refused.Add(1)
		case took > g.Late:
			g.late.Add(1)
		default:
			g.mu.Lock()
			g.took = append(g.took, took)
			g.mu.Unlock()
		}
	}
}

// A kept connection is used for one request after the other.
type kept struct {
	*tls.Conn
	r *bufio.Reader
}

func dialKept(address string) (*kept, error) {
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, ServerName: elbtest.SiteName, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return nil, err
	}
	return &kept{c, bufio.NewReaderSize(c, 2<<10)}, nil
}

func (k *kept) ask() (status int, err error) {
	_ = k.SetDeadline(time.Now().Add(10 * time.Second)) // never fails on an open connection
	if _, err := io.WriteString(k, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(k.r, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// recordHello returns a ClientHello. Sending the same one again costs the server a
// complete handshake and the client next to nothing, so that one core is enough to offer
// three times what the server can do.
func recordHello() ([]byte, error) {
	near, far := net.Pipe()
	go func() { // ends with the pipe
		_ = tls.Client(near, &tls.Config{InsecureSkipVerify: true, ServerName: elbtest.SiteName}).Handshake()
	}()
	defer near.Close()
	defer far.Close()
	b := make([]byte, 4<<10)
	n, err := far.Read(b)
	return b[:n], err
}

// shake makes the part of a handshake that costs the server: it ends when the server's
// flight has been received. Status 0 means that the connection was reset.
func (g *generator) shake() (status int, err error) {
	c, err := net.DialTimeout("tcp", g.Address, 10*time.Second)
	if err != nil {
		return 0, nil
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: ports would run out
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(g.hello); err != nil {
		return 0, nil
	}
	first := make([]byte, 1)
	if _, err := io.ReadFull(c, first); err != nil || !bytes.Equal(first, []byte{22}) {
		return 0, nil // reset, or an alert
	}
	return 200, nil
}
