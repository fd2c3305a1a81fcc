package overload

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"elbow/internal/socket"
)

// When memory is short and something is refused for it, the clients that hold most of
// it give some back: of each that has more than its share, the connections that hold
// most are closed. Clients with little keep what they have, so a crowd of them is
// refused as before, and nobody is closed for nothing.
const (
	// memoryShareOf8 is what one client may hold when memory is short, in eighths of
	// what all may.
	memoryShareOf8 = 1

	// reliefOf8 is how far what is reckoned goes down, so that there is room for
	// connections, too.
	reliefOf8 = 5

	// bigConn is what a connection may hold, in bytes, and not be closed for it: an
	// upload over HTTP/3 and ten requests besides. One that holds less is closed only if
	// it is idle, or its client has owed something for clientPatience.
	bigConn = 1 << 20

	// ClientPatience is how long a client may stand still although somebody wants what
	// is held for it: longer than a lost packet takes to be sent again, on a mobile
	// link, too.
	ClientPatience = 2 * time.Second
)

// dispensable reports whether the connection may be closed so that there is room.
func (f *Footprint) dispensable(now socket.Instant) bool {
	return f.Idle || f.Bytes >= bigConn || f.owes != never && now >= f.owes.Add(ClientPatience)
}

// Relief returns connections whose end brings what is reckoned down, if that can be
// had from clients with more than their share. list appends the footprints of all
// connections there are.
func (b *Budget) Relief(list func(all []Footprint) []Footprint) []Footprint {
	limit := b.Limit()
	excess := b.reckoned() - limit/8*reliefOf8
	if b.tight.Load() { // what is reckoned is not all
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

// greedy returns who has more than the share; nil if nobody has.
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

// total is what the connections hold together.
func total(of []Footprint) (bytes int64) {
	for i := range of {
		bytes += of[i].Bytes
	}
	return bytes
}

// dispensable returns connections that hold so many bytes too much, or fewer if the
// clients with more than their share have not as many that can be done without. clients are
// the connections of each, who has most first. Of a client those go first that hold most,
// and of as much, give or take 64 KiB, those that have owed something for longest.
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

// byClient sorts footprints by client, the one with most first.
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
