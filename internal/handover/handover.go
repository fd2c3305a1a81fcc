// Package handover is the protocol by which one process of a node hands over to
// its successor: messages over a unix socket in the data directory, with open
// sockets attached. It knows neither what the sockets are for nor what the
// processes do. Start reading at Listen, then Dial, then Successor.
//
// The messages, newer process on the left:
//
//	Hello      →            who asks, and which protocol versions it speaks
//	           ←  Answer    the version to use, or why there is no handover
//	           ←  State     everything to take over, with the sockets
//	Ready      →            everything is built, nothing was accepted yet
//	           ←  Go        the older process has stopped reading datagrams
//	Serving    →            the newer process accepts connections
//	           ←  Done      the older process accepts no more, and drains
//
// A process that ends before Serving has changed nothing: the other one sees the
// end of the connection, and continues alone.
package handover

import (
	"fmt"
	"net/netip"
	"time"
)

// The protocol versions that this program speaks. Raise version with every change
// that an older program would misread, and oldest when the code for it is
// removed.
const (
	version = 1
	oldest  = 1
)

// A Hello is the first message on a connection.
type Hello struct {
	Version int    // newest version supported
	Oldest  int    // oldest version supported
	Program string // version of the program, for people
	Purpose Purpose

	// For a Call: its client, and whether it came over TLS.
	Client netip.AddrPort
	Secure bool
}

// A Purpose says why the newer process has connected.
type Purpose string

const (
	Takeover Purpose = "takeover" // the sender wants to replace the listening process
	Call     Purpose = "call"     // after the answer an HTTP request follows, on behalf of Client
)

// An Answer says whether the connection goes on.
type Answer struct {
	Version int // version to use from now on
	Program string
	Refused string // why not; "": the connection goes on
}

// agree returns the newest version that both sides speak.
func (h *Hello) agree() (int, error) {
	switch {
	case h.Version < oldest:
		return 0, fmt.Errorf("too old: elbow %s speaks version %d of the takeover, the running process at least %d", h.Program, h.Version, oldest)
	case h.Oldest > version:
		return 0, fmt.Errorf("too new: elbow %s speaks version %d of the takeover at least, the running process up to %d", h.Program, h.Oldest, version)
	}
	return min(h.Version, version), nil
}

// A State describes what the newer process takes over; in package node, Node.state fills it and
// predecessor reads it. The files named in it are indexes into the list of files attached.
//
// Nothing else is handed over. Accepted connections, TCP connections through a listener and
// UDP sessions stay with the older process until they end. Resources, session ticket keys
// and console sessions are in the store, which the newer process opens. Token buckets
// start full; metrics and the counts of failed sign-ins start at zero.
type State struct {
	API, Admin *Server // nil: there is none
	Sockets    []Socket
	Tag        []byte // tag in the QUIC connection ids of the process
	Verdicts   []Verdict
	Nonces     []Nonce
	Draining   []Process // older processes that still drain

	Refused string // why there is nothing to take over; "": there is
}

// A Server is the listening socket of one of the node's own servers.
type Server struct {
	Asked string // address as given in the flag
	File  int
}

// A Socket is a socket of a listener.
type Socket struct {
	Network string // tcp or udp
	Address netip.AddrPort
	File    int
	Routes  []Route // of a UDP socket
}

// A Route is the socket to which datagrams of an older process are forwarded.
type Route struct {
	Tag  []byte // tag in the connection ids of that process
	File int
}

// A Verdict is the last health check result of a backend.
type Verdict struct {
	LoadBalancer string
	Listener     int  // port
	UDP          bool // of Listener
	Server       string
	Port         int // as stored with the backend; 0: the listener decided
	Address      netip.AddrPort
	Health       int32
}

// A Nonce is a nonce that a call has used.
type Nonce struct {
	ID          []byte
	AccessKeyID string
	Forget      time.Time
}

// A Process is a process that drains. Its connection ends with it.
type Process struct {
	PID     int
	Program string
	Tag     []byte
	File    int
}

// A step is a message without content.
type step string

const (
	ready   step = "ready"
	begin   step = "go"
	serving step = "serving"
	done    step = "done"
)
