package overload

import (
	"math"
	"net/netip"
	"sync/atomic"

	"elbow/internal/socket"
)

// A Holding is the share of one client connection in the memory that clients may
// hold.
type Holding struct {
	budget *Budget
	bytes  atomic.Int64 // estimated memory of its exchanges
	owed   atomic.Int32 // exchanges that wait for the client
	moved  atomic.Int64 // instant since which all of them have waited
}

// Open initializes h for a new connection.
func (h *Holding) Open(b *Budget) { h.budget = b }

// Close releases what is still charged when the connection has ended, such as
// after a panic.
func (h *Holding) Close() { h.Hold(-h.bytes.Load()) }

// Hold charges n bytes to the connection; a negative n releases them.
func (h *Holding) Hold(n int64) {
	h.bytes.Add(n)
	h.budget.held.Add(n)
}

// Owes records that an exchange of the connection is blocked until its client
// reads or writes. Paid ends that.
func (h *Holding) Owes() {
	if h.owed.Add(1) == 1 {
		h.moved.Store(int64(socket.Now()))
	}
}

// Paid records that an exchange no longer waits for the client.
func (h *Holding) Paid() {
	h.owed.Add(-1)
	h.moved.Store(int64(socket.Now()))
}

// Debts is the number of exchanges that wait for the client.
func (h *Holding) Debts() int { return int(h.owed.Load()) }

// A Footprint is the memory that a connection holds, as relief compares it.
type Footprint struct {
	Conn   sheddable
	client netip.Addr // as Source returns it
	Bytes  int64
	owes   socket.Instant // since when its exchanges have waited for the client; never: they do not
	Idle   bool           // it has no request in flight
}

// A sheddable is a connection that can be closed because memory is short.
type sheddable interface{ GiveWay() }

// never is later than any instant.
const never = socket.Instant(math.MaxInt64)

// Footprint returns what a connection of the client holds; itself is the cost of
// the connection.
func (h *Holding) Footprint(of sheddable, client netip.AddrPort, itself int64, idle bool) Footprint {
	f := Footprint{Conn: of, client: Source(client.Addr()), Bytes: itself + h.bytes.Load(), owes: never, Idle: idle}
	if h.owed.Load() > 0 {
		f.owes = socket.Instant(h.moved.Load())
	}
	return f
}
