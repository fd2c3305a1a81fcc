package proxy

import (
	"math"
	"net/netip"
	"sync/atomic"

	"elbow/internal/socket"
)

// A heldMemory is what one client connection holds of the memory that clients may have.
type heldMemory struct {
	budget *budget
	bytes  atomic.Int64 // what its exchanges are reckoned at
	owed   atomic.Int32 // how many exchanges wait for the client
	moved  atomic.Int64 // instant since which all that do have waited
}

// open is for a new connection.
func (h *heldMemory) open(b *budget) { h.budget = b }

// close gives back what is still held when the connection has ended: what a panic
// has left.
func (h *heldMemory) close() { h.hold(-h.bytes.Load()) }

// hold reckons n bytes more, or less, of what the connection holds.
func (h *heldMemory) hold(n int64) {
	h.bytes.Add(n)
	h.budget.held.Add(n)
}

// owes notes that an exchange of the connection can do nothing before its client does
// something, paid that it can.
func (h *heldMemory) owes() {
	if h.owed.Add(1) == 1 {
		h.moved.Store(int64(socket.Now()))
	}
}

func (h *heldMemory) paid() {
	h.owed.Add(-1)
	h.moved.Store(int64(socket.Now()))
}

// debts is how many exchanges wait for the client.
func (h *heldMemory) debts() int { return int(h.owed.Load()) }

// A footprint is what a connection holds of the memory, as relief looks at it.
type footprint struct {
	conn   sheddable
	client netip.Addr // as source has it
	bytes  int64
	owes   socket.Instant // since when its client has owed something; never: it does not
	idle   bool           // it has no request
}

// A sheddable is a connection that can be ended because memory is short.
type sheddable interface{ giveWay() }

// never is later than anything.
const never = socket.Instant(math.MaxInt64)

// footprint returns what a connection of the client holds, with what it takes itself.
func (h *heldMemory) footprint(of sheddable, client netip.AddrPort, itself int64, idle bool) footprint {
	f := footprint{conn: of, client: source(client.Addr()), bytes: itself + h.bytes.Load(), owes: never, idle: idle}
	if h.owed.Load() > 0 {
		f.owes = socket.Instant(h.moved.Load())
	}
	return f
}
