// Package health probes one backend on an interval, counts results in a row and
// reports verdicts. It knows neither what a backend is used for nor who uses the
// verdicts. Start reading at Start, then Checker.run, then probe.
package health

import (
	"syscall"
	"time"
)

// A Config says where and how to probe and how to count. Host to Success are for
// HTTP, Request and Expect for UDP.
type Config struct {
	Kind    Kind    // the kind of probe
	Address string  // IP:port to connect to
	H2C     bool    // speak HTTP/2 by prior knowledge (RFC 9113, 3.3), not HTTP/1.1
	Host    string  // Host of the probe; "": Address
	URI     string  // path and query; "": "/"
	Method  string  // HEAD or GET in either case; "": HEAD
	Success [6]bool // Success[n]: a status of class n, 1 to 5, is a success

	// Interval is the time from the end of a probe to the next, give or take a
	// tenth. 1s to 50s.
	Interval time.Duration

	// Timeout is how long a probe may take in all, from the dial to the end of
	// the response head. 1s to 300s.
	Timeout time.Duration

	Gate *Gate // bounds the probes in flight; nil: unbounded

	// Control may refuse the socket of a probe, as that of net.Dialer; nil: none
	// is refused.
	Control func(network, address string, c syscall.RawConn) error

	Request string // payload of a UDP probe; "": an empty datagram
	Expect  string // required prefix of the answer; "": no answer is needed

	Rise int // successes in a row that bring a backend up: 2 to 10
	Fall int // failures in a row that take it down: 2 to 10
}

// A Kind is a kind of probe.
type Kind uint8

// The kinds of probes.
const (
	HTTP Kind = iota // requests a page
	TCP              // opens a connection and closes it
	UDP              // sends a datagram
)

// A Verdict is the result of the probes of a backend.
type Verdict int8

// A backend begins Unknown. The first success makes an Unknown one Up at once
// (decisions, Data plane 6), whatever Rise is; failures count from the first.
const (
	Unknown Verdict = iota
	Up
	Down
)

func (v Verdict) String() string {
	switch v {
	case Up:
		return "up"
	case Down:
		return "down"
	}
	return "unknown"
}
