//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// exchangePatience is the time after the end of a round in which answers may arrive.
const exchangePatience = 10 * time.Second

// A tcpClient has one of the connections of a round, or opens one after the other. Its
// counts are summed after the round.
type tcpClient struct {
	order
	conn    net.Conn // nil: a new one for each exchange
	end     time.Time
	message []byte
	took    []time.Duration
	err     error
}

// tcpLoad exchanges messages over o.Conns connections at once until the round ends. A
// kindClose makes a new connection for each exchange.
func tcpLoad(o order) (outcome, error) {
	clients := make([]*tcpClient, o.Conns)
	for i := range clients {
		c := &tcpClient{order: o, message: make([]byte, messageSize)}
		c.message[0] = o.Kind
		if o.Kind != kindClose {
			var err error
			if c.conn, err = net.Dial("tcp", o.Address); err != nil {
				return outcome{}, err
			}
			defer c.conn.Close()
		}
		clients[i] = c
	}
	var wg sync.WaitGroup
	start := time.Now()
	for _, c := range clients {
		c.end = start.Add(o.Duration)
		wg.Go(c.run) // ends with the round; waited for below
	}
	wg.Wait()
	elapsed := time.Since(start)
	var all []time.Duration
	for _, c := range clients {
		if c.err != nil {
			return outcome{}, c.err
		}
		all = append(all, c.took...)
	}
	slices.Sort(all)
	out := outcome{Requests: len(all), Elapsed: elapsed}
	if o.Kind == kindEcho || o.Kind == kindClose {
		out.P50, out.P99 = percentile(all, 0.50), percentile(all, 0.99)
	}
	return out, nil
}

// run exchanges messages until the round ends.
func (c *tcpClient) run() {
	if c.conn != nil {
		// With a deadline, a balancer that does not answer does not block the round for
		// ever.
		if c.err = c.conn.SetDeadline(c.end.Add(exchangePatience)); c.err != nil {
			return
		}
	}
	for {
		start := time.Now()
		if start.After(c.end) {
			return
		}
		if c.err = c.once(); c.err != nil {
			return
		}
		c.took = append(c.took, time.Since(start))
	}
}

// once makes one exchange.
func (c *tcpClient) once() error {
	if c.conn != nil {
		return c.exchange(c.conn)
	}
	conn, err := net.Dial("tcp", c.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(c.end.Add(exchangePatience)); err != nil {
		return err
	}
	if err := c.exchange(conn); err != nil {
		return err
	}
	// The origin closes first, so that no port of a client is in TIME_WAIT.
	if n, err := conn.Read(c.message); err != io.EOF {
		return fmt.Errorf("%d bytes and %w after the answer, not the end", n, err)
	}
	return nil
}

// exchange sends a message or a long transfer, and reads the answer.
func (c *tcpClient) exchange(conn net.Conn) error {
	if _, err := conn.Write(c.message); err != nil {
		return err
	}
	switch c.Kind {
	case kindDown:
		return readBulk(conn, bulkSize)
	case kindUp:
		if err := writeBulk(conn, bulkSize-messageSize); err != nil {
			return err
		}
	}
	if _, err := io.ReadFull(conn, c.message); err != nil {
		return err
	}
	if c.message[0] != c.Kind {
		return fmt.Errorf("answer %q", c.message)
	}
	return nil
}
