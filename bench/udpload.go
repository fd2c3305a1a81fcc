//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// udpWorkers is the number of datagrams in flight at any time, few enough that no
	// receive buffer overflows.
	udpWorkers = 64

	// udpPatience is the time after which a datagram without an answer counts as lost.
	udpPatience = time.Second

	// maxLost is the share of lost datagrams up to which a round is valid.
	maxLost = 0.01

	// Client ports that are used once are below the kernel's ephemeral ports, on an
	// address that no other program binds.
	freshIP        = "127.0.0.2"
	firstFreshPort = 10000
	lastFreshPort  = 32767
)

// A udpClient makes exchanges one after the other, from its ports in turn. Its counts are
// summed after the round.
type udpClient struct {
	order
	ports  []net.Conn // empty: a new port for each exchange
	next   func() (net.Conn, error)
	end    time.Time
	number uint64
	took   []time.Duration
	lost   int
	err    error
}

// udpLoad sends datagrams and waits for each answer, from o.Conns client ports in turn, or
// from a new one each time if o.Conns is 0, until the round ends or o.Most were sent.
func udpLoad(o order) (outcome, error) {
	clients := make([]*udpClient, udpWorkers)
	next := freshPorts(o.Address, o.Most)
	for i := range clients {
		clients[i] = &udpClient{order: o, next: next}
	}
	for i := range o.Conns {
		conn, err := net.Dial("udp", o.Address)
		if err != nil {
			return outcome{}, err
		}
		defer conn.Close()
		c := clients[i%udpWorkers]
		c.ports = append(c.ports, conn)
	}
	var wg sync.WaitGroup
	start := time.Now()
	for _, c := range clients {
		c.end = start.Add(o.Duration)
		wg.Go(c.run) // ends with the round; waited for below
	}
	wg.Wait()
	out := outcome{Elapsed: time.Since(start)}
	var all []time.Duration
	for _, c := range clients {
		if c.err != nil {
			return outcome{}, c.err
		}
		all = append(all, c.took...)
		out.Lost += c.lost
	}
	if float64(out.Lost) > maxLost*float64(len(all)) {
		return outcome{}, fmt.Errorf("%d of %d datagrams without an answer", out.Lost, len(all)+out.Lost)
	}
	slices.Sort(all)
	out.Requests, out.P50, out.P99 = len(all), percentile(all, 0.50), percentile(all, 0.99)
	return out, nil
}

// errNoPorts ends a round in which each exchange had a new port and none is left.
var errNoPorts = errors.New("every client port has been used")

// freshPorts returns a function that connects a socket to address from a client port that
// was not used before, at most times. Several goroutines may call it.
func freshPorts(address string, most int) func() (net.Conn, error) {
	var port, made atomic.Int64
	port.Store(firstFreshPort - 1)
	return func() (net.Conn, error) {
		if made.Add(1) > int64(most) {
			return nil, errNoPorts
		}
		for {
			p := port.Add(1)
			if p > lastFreshPort {
				return nil, errNoPorts
			}
			d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(freshIP), Port: int(p)}}
			c, err := d.Dial("udp", address)
			if !errors.Is(err, syscall.EADDRINUSE) {
				return c, err
			}
		}
	}
}

// run makes exchanges until the round ends.
func (c *udpClient) run() {
	for i := 0; ; i++ {
		start := time.Now()
		if start.After(c.end) {
			return
		}
		switch err := c.once(i); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.lost++
		case errors.Is(err, errNoPorts):
			return
		case err != nil:
			c.err = err
			return
		default:
			c.took = append(c.took, time.Since(start))
		}
	}
}

// once makes exchange number i.
func (c *udpClient) once(i int) error {
	if len(c.ports) > 0 {
		c.number++
		return askPacket(c.ports[i%len(c.ports)], c.number)
	}
	conn, err := c.next()
	if err != nil {
		return err
	}
	defer conn.Close()
	return askPacket(conn, 0)
}

// askPacket sends a numbered datagram and waits until it comes back. Late answers to
// earlier datagrams are skipped.
func askPacket(conn net.Conn, number uint64) error {
	var message, answer [messageSize]byte
	binary.BigEndian.PutUint64(message[:], number)
	if err := conn.SetDeadline(time.Now().Add(udpPatience)); err != nil {
		return err
	}
	if _, err := conn.Write(message[:]); err != nil {
		return err
	}
	for {
		n, err := conn.Read(answer[:])
		if err != nil {
			return err
		}
		if n != messageSize {
			return fmt.Errorf("answer %q", answer[:n])
		}
		if answer == message {
			return nil
		}
	}
}
