// Package handover is how one process of a node gives its place to the next: a
// unix socket in the data directory, over which what the two have to tell each
// other goes, with open sockets attached. It knows neither what the sockets are
// for nor what the processes do. Start reading at Listen, then Dial, then Heir.
//
// What is said, newer process on the left:
//
//	Hello      →            who asks, and what versions of this it speaks
//	           ←  Answer    which one it is, or why not
//	           ←  State     all there is to take over, with the sockets
//	Ready      →            everything is built, nothing has been taken yet
//	           ←  Go        the older one reads no more datagrams
//	Serving    →            the newer one takes connections
//	           ←  Done      the older one takes no more, and drains
//
// Whoever ends before Serving has changed nothing: the end of the connection
// tells the other one, which goes on alone.
package handover

import (
	"fmt"
	"net/netip"
	"time"
)

// The versions of what is said that this program speaks. Raise version with every
// change that an older program would misread, and oldest when the code for it
// goes.
const (
	version = 1
	oldest  = 1
)

// A Hello is the first thing that is said on a connection.
type Hello struct {
	Version int    // the newest that the speaker speaks
	Oldest  int    // the oldest
	Program string // version of the program, for people
	Purpose Purpose

	// Of a call: who made it, and whether it came over TLS.
	Client netip.AddrPort
	Secure bool
}

// A Purpose is what a connection is for.
type Purpose string

const (
	Takeover Purpose = "takeover" // the speaker wants the listener's place
	Call     Purpose = "call"     // after the answer an HTTP request follows, on behalf of Client
)

// An Answer says whether there is anything to talk about.
type Answer struct {
	Version int // what both speak from now on
	Program string
	Refused string // why not; "": the connection goes on
}

// agree finds the version that both sides speak.
func (h *Hello) agree() (int, error) {
	switch {
	case h.Version < oldest:
		return 0, fmt.Errorf("too old: elbow %s speaks version %d of the takeover, the running process at least %d", h.Program, h.Version, oldest)
	case h.Oldest > version:
		return 0, fmt.Errorf("too new: elbow %s speaks version %d of the takeover at least, the running process up to %d", h.Program, h.Oldest, version)
	}
	return min(h.Version, version), nil
}

// A State is what the newer process goes on with. The files named in it are
// numbers in the list of those that come with it.
type State struct {
	API, Admin *Server // nil: there is none
	Sockets    []Socket
	Tag        []byte // in the QUIC connection ids of the process
	Verdicts   []Verdict
	Nonces     []Nonce
	Draining   []Process // older ones that have not ended yet

	Refused string // why there is nothing to take over; "": all this
}

// A Server is the listening socket of one of the node's own servers.
type Server struct {
	Asked string // as the flag has it
	File  int
}

// A Socket is one of a listener.
type Socket struct {
	Network string // tcp or udp
	Address netip.AddrPort
	File    int
	Routes  []Route // of a UDP socket
}

// A Route is where the datagrams go that are for an older process.
type Route struct {
	Tag  []byte // in the connection ids of that process
	File int
}

// A Verdict is what the health checks said last of a backend.
type Verdict struct {
	LoadBalancer string
	Listener     int  // port
	UDP          bool // of Listener
	Server       string
	Port         int // as stored with the backend; 0: the listener decided
	Address      netip.AddrPort
	Health       int32
}

// A Nonce is one that a call has used up.
type Nonce struct {
	ID          []byte
	AccessKeyID string
	Forget      time.Time
}

// A Process is one that drains. Its connection ends with it.
type Process struct {
	PID     int
	Program string
	Tag     []byte
	File    int
}

// A step is what is said when nothing but the moment matters.
type step string

const (
	ready   step = "ready"
	begin   step = "go"
	serving step = "serving"
	done    step = "done"
)
