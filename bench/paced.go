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
	// pacedConnections is as many as wrk has.
	pacedConnections = wrkConnections

	// pacedPatience is how long after the last arrival the answers may take; a
	// balancer that is later does not sustain the rate.
	pacedPatience = 5 * time.Second

	// pacedMemory is where the garbage collector starts to work. A round stays
	// below: the generator's own pauses are not to be measured.
	pacedMemory = 1 << 30
)

// An openLoop sends requests when they are due, whatever the answers to the
// earlier ones do. A request that finds no free connection waits for one, and
// its time runs from when it was due: nothing is left out because the balancer
// was slow (coordinated omission).
//
// One thread and epoll, because goroutines wake from timers up to a
// millisecond late, which is more than the latencies to be measured.
type openLoop struct {
	epoll int
	conns map[int32]*pacedConn // by descriptor
	free  []*pacedConn         // the one that is free for longest first
	due   []time.Duration      // of each request, from the start; in order
	next  int                  // first of due that is not sent
	start time.Time

	took []time.Duration // from due to answer
	late []time.Duration // from due, and a connection free, to sent: what the generator adds
}

// arrivals are the times of requests at the rate, a second, in d, as many
// clients that know nothing of each other send them: a Poisson process. The same
// seed gives the same times, so every balancer gets the same load.
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
	// Timers of a thread may be 50 µs late to save power; not here.
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

// open makes the connections, over TCP alone if plain, with a request on each:
// tickets are read before the clock starts.
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

// run sends what is due and reads what comes until all is answered.
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

// send sends every request that is due and has a connection.
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

// pause is how long there is nothing to send.
func (l *openLoop) pause() time.Duration {
	if l.next == len(l.due) || len(l.free) == 0 {
		return pacedPatience
	}
	return max(0, l.due[l.next]-time.Since(l.start))
}

// receive reads what a connection has.
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
