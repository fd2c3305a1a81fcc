package overload

import (
	"math"
	"net/netip"
	"sync/atomic"

	"elbow/internal/socket"
)

// A Holding is what one client connection holds of the memory that clients may have.
type Holding struct {
	budget *Budget
	bytes  atomic.Int64 // what its exchanges are reckoned at
	owed   atomic.Int32 // how many exchanges wait for the client
	moved  atomic.Int64 // instant since which all that do have waited
}

// Open is for a new connection.
func (h *Holding) Open(b *Budget) { h.budget = b }

// Close gives back what is still held when the connection has ended: what a panic
// has left.
func (h *Holding) Close() { h.Hold(-h.bytes.Load()) }

// Hold reckons n bytes more, or less, of what the connection holds.
func (h *Holding) Hold(n int64) {
	h.bytes.Add(n)
	h.budget.held.Add(n)
}

// Owes notes that an exchange of the connection can do nothing before its client does
// something, Paid that it can.
func (h *Holding) Owes() {
	if h.owed.Add(1) == 1 {
		h.moved.Store(int64(socket.Now()))
	}
}

// Paid is the end of what Owes began.
func (h *Holding) Paid() {
	h.owed.Add(-1)
	h.moved.Store(int64(socket.Now()))
}

// Debts is how many exchanges wait for the client.
func (h *Holding) Debts() int { return int(h.owed.Load()) }

// A Footprint is what a connection holds of the memory, as relief looks at it.
type Footprint struct {
	Conn   sheddable
	client netip.Addr // as source has it
	Bytes  int64
	owes   socket.Instant // since when its client has owed something; never: it does not
	Idle   bool           // it has no request
}

// A sheddable is a connection that can be ended because memory is short.
type sheddable interface{ GiveWay() }

// never is later than anything.
const never = socket.Instant(math.MaxInt64)

// Footprint returns what a connection of the client holds, with what it takes itself.
func (h *Holding) Footprint(of sheddable, client netip.AddrPort, itself int64, idle bool) Footprint {
	f := Footprint{Conn: of, client: Source(client.Addr()), Bytes: itself + h.bytes.Load(), owes: never, Idle: idle}
	if h.owed.Load() > 0 {
		f.owes = socket.Instant(h.moved.Load())
	}
	return f
}
