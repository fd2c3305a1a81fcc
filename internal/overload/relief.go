package overload

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"elbow/internal/socket"
)

// When memory is short and something is refused, the clients over their share
// lose connections, those that hold most first. Clients with little keep what
// they have: many clients that hold little each are refused as before, and no
// connection is closed without effect.
const (
	// memoryShareOf8 is the share of one client while memory is short, in eighths
	// of the limit for all clients.
	memoryShareOf8 = 1

	// reliefOf8 is the level, in eighths of the limit, that relief goes down to,
	// so that there is room for connections, too.
	reliefOf8 = 5

	// bigConn is how much a connection may hold, in bytes, without being closed for
	// it: an upload over HTTP/3 and ten requests. A smaller one is closed only if
	// it is idle, or if its exchanges have waited for the client for
	// ClientPatience.
	bigConn = 1 << 20

	// ClientPatience is how long a client may make no progress while others need
	// the memory held for it: longer than the retransmission of a lost packet
	// takes, on a mobile link, too.
	ClientPatience = 2 * time.Second
)

// dispensable reports whether the connection may be closed to free memory.
func (f *Footprint) dispensable(now socket.Instant) bool {
	return f.Idle || f.Bytes >= bigConn || f.owes != never && now >= f.owes.Add(ClientPatience)
}

// Relief returns the connections to close so that the estimate goes down to
// reliefOf8, as far as clients over their share hold enough. list appends the
// footprints of all connections.
func (b *Budget) Relief(list func(all []Footprint) []Footprint) []Footprint {
	limit := b.Limit()
	excess := b.reckoned() - limit/8*reliefOf8
	if b.tight.Load() { // the estimate is too low
		excess = max(excess, limit/8)
	}
	if excess <= 0 {
		b.greedy.Store(nil)
		return nil
	}
	share := limit / 8 * memoryShareOf8
	clients := byClient(list(nil))
	b.greedy.Store(greedy(clients, share))
	return dispensable(clients, excess, share, socket.Now())
}

// greedy returns the clients over their share; nil if there are none.
func greedy(clients [][]Footprint, share int64) *[]netip.Addr {
	var all []netip.Addr
	for _, of := range clients {
		if total(of) > share {
			all = append(all, of[0].client)
		}
	}
	if all == nil {
		return nil
	}
	return &all
}

// total is the sum of what the connections hold.
func total(of []Footprint) (bytes int64) {
	for i := range of {
		bytes += of[i].Bytes
	}
	return bytes
}

// dispensable returns connections that hold at least excess bytes, or fewer if
// the clients over their share have not enough that may be closed. clients are
// the connections of each client, the largest client first. Of a client the
// largest connections go first, and among those equal to within 64 KiB the ones
// that have waited for the client longest.
func dispensable(clients [][]Footprint, excess, share int64, now socket.Instant) (all []Footprint) {
	for _, of := range clients {
		has := total(of)
		slices.SortFunc(of, func(a, b Footprint) int {
			return cmp.Or(cmp.Compare(b.Bytes>>16, a.Bytes>>16), cmp.Compare(a.owes, b.owes))
		})
		for i := range of {
			if excess <= 0 || has <= share {
				break
			}
			if of[i].dispensable(now) {
				all = append(all, of[i])
				excess -= of[i].Bytes
				has -= of[i].Bytes
			}
		}
	}
	return all
}

// byClient groups footprints by client, the largest client first.
func byClient(list []Footprint) [][]Footprint {
	of := make(map[netip.Addr][]Footprint)
	for i := range list {
		a := list[i].client
		of[a] = append(of[a], list[i])
	}
	var all [][]Footprint
	for a := range of {
		all = append(all, of[a])
	}
	slices.SortFunc(all, func(a, b []Footprint) int { return cmp.Compare(total(b), total(a)) })
	return all
}
