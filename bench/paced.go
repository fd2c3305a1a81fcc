//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// pacedConnections is equal to wrk's number of connections.
	pacedConnections = wrkConnections

	// pacedPatience is the time after the last arrival in which the answers have to
	// arrive. A balancer that takes longer does not sustain the rate.
	pacedPatience = 5 * time.Second

	// pacedMemory is the memory limit at which the garbage collector runs. A round stays
	// below it, so that pauses of the generator are not measured.
	pacedMemory = 1 << 30
)

// An openLoop sends requests when they are due, independently of the answers to earlier
// ones. A request that finds no free connection waits for one, and its latency counts from
// when it was due, so that no latency is omitted because the balancer was slow
// (coordinated omission).
//
// It uses one thread and epoll, because goroutines wake from timers up to a millisecond
// late, which exceeds the latencies to be measured.
type openLoop struct {
	epoll int
	conns map[int32]*pacedConn // by descriptor
	free  []*pacedConn         // in the order in which they became free
	due   []time.Duration      // of each request, since the start; sorted
	next  int                  // index in due of the first request that is not sent
	start time.Time

	took []time.Duration // from due to the answer
	late []time.Duration // the generator's own delay: from when the request was due and a connection free
}

// arrivals returns the instants of requests in d at a mean rate a second, as many
// independent clients send them: a Poisson process. Equal seeds give equal instants, so
// every balancer gets the same load.
func arrivals(rate float64, d time.Duration, seed uint64) []time.Duration {
	random := rand.New(rand.NewPCG(seed, 0))
	var due []time.Duration
	for at := 0.0; ; {
		at += random.ExpFloat64() / rate * float64(time.Second)
		if at >= float64(d) {
			return due
		}
		due = append(due, time.Duration(at))
	}
}

// pacedLoad runs one round of an open loop.
func pacedLoad(o order) (outcome, error) {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(pacedMemory)
	// By default the kernel may delay timers of a thread by 50 µs to save power.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return outcome{}, err
	}
	l := &openLoop{due: arrivals(o.Rate, o.Duration, 1), conns: make(map[int32]*pacedConn)}
	defer l.close()
	if err := l.open(o.Address, o.Kind == kindEcho); err != nil {
		return outcome{}, err
	}
	if err := l.run(); err != nil {
		return outcome{}, err
	}
	elapsed := time.Since(l.start)
	slices.Sort(l.took)
	slices.Sort(l.late)
	return outcome{
		Requests: len(l.took), Elapsed: elapsed,
		P50: percentile(l.took, 0.50), P99: percentile(l.took, 0.99), Late: percentile(l.late, 0.99),
	}, nil
}

// open makes the connections, over TCP alone if plain, and one request on each, so that
// session tickets are read before the round.
func (l *openLoop) open(address string, plain bool) (err error) {
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for range pacedConnections {
		c, err := dialPaced(address, plain)
		if err != nil {
			return err
		}
		l.conns[int32(c.fd)] = c
		l.free = append(l.free, c)
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)}
		if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, c.fd, &event); err != nil {
			return err
		}
	}
	return nil
}

func (l *openLoop) close() {
	for _, c := range l.conns {
		_ = unix.Close(c.fd) // the round is over
	}
	_ = unix.Close(l.epoll) // as above
}

// run sends what is due and reads answers until all requests are answered.
func (l *openLoop) run() error {
	l.took = make([]time.Duration, 0, len(l.due))
	l.late = make([]time.Duration, 0, len(l.due))
	l.start = time.Now()
	events := make([]unix.EpollEvent, pacedConnections)
	for len(l.took) < len(l.due) {
		if err := l.send(); err != nil {
			return err
		}
		n, err := epollWait(l.epoll, events, l.pause())
		if err != nil {
			return err
		}
		for _, e := range events[:n] {
			if err := l.receive(l.conns[e.Fd]); err != nil {
				return err
			}
		}
		if len(l.due) > 0 && time.Since(l.start) > l.due[len(l.due)-1]+pacedPatience {
			return fmt.Errorf("%d of %d requests without an answer after %s", len(l.due)-len(l.took), len(l.due), time.Since(l.start))
		}
	}
	return nil
}

// send sends every request that is due, as long as there is a free connection.
func (l *openLoop) send() error {
	for l.next < len(l.due) && len(l.free) > 0 {
		now := time.Since(l.start)
		if l.due[l.next] > now {
			return nil
		}
		c := l.free[0]
		l.free = l.free[1:]
		c.due = l.due[l.next]
		l.next++
		if err := c.ask(); err != nil {
			return err
		}
		l.late = append(l.late, now-max(c.due, c.freed))
	}
	return nil
}

// pause returns the time until the next request is due.
func (l *openLoop) pause() time.Duration {
	if l.next == len(l.due) || len(l.free) == 0 {
		return pacedPatience
	}
	return max(0, l.due[l.next]-time.Since(l.start))
}

// receive reads what a connection has received.
func (l *openLoop) receive(c *pacedConn) error {
	complete, err := c.read()
	if err != nil || !complete {
		return err
	}
	c.freed = time.Since(l.start)
	l.took = append(l.took, c.freed-c.due)
	l.free = append(l.free, c)
	return nil
}
