package balance

// hashed implements sch, qch and iqch: a key always goes to the same member as
// long as that member is usable. They differ in the part of a Key that is hashed,
// a keyPart.
type hashed struct {
	group *Group
	part  keyPart
	key   sipKey
	ring  ring
}

func newHashed(part keyPart, g *Group, seed []byte) *hashed {
	return &hashed{
		group: g,
		part:  part,
		key:   newSipKey(seed, "balance: keys"),
		ring:  newRing(g, newSipKey(seed, "balance: members")),
	}
}

// Pick returns the member that owns the key's slot of the ring. If that member
// cannot take the key, other slots are tried, in an order that depends on the
// key: a dead member's keys spread over all others by weight and return when it
// does; no other keys move. The same happens to keys of a member that rises and
// whose share does not include them yet, and to new ones while it is over its
// bound. (Trying the slots that follow is not enough: the walks of Maglev are so
// regular that a slot's neighbours are no random sample of the members.)
func (h *hashed) Pick(k Key, avoid int) int {
	if h.ring == nil {
		return -1
	}
	sum := h.key.sum(h.part.of(&k))
	slot := int(sum >> 32 % ringSize)
	i := int(h.ring[slot])
	if h.group.LoadFactor == 0 && h.group.takes(i, avoid, Healthy) && h.group.Members[i].risen() {
		return i
	}
	return h.walk(sum, slot, avoid)
}

// walk tries the slots of a key in the key's order.
func (h *hashed) walk(sum uint64, slot, avoid int) int {
	first, want := h.group.best(avoid)
	if first < 0 {
		return -1
	}
	bound, most := h.group.bound(avoid, want), h.group.mostShare(avoid, want)
	// A member that rises takes the keys with a low draw first. Multiplying makes
	// the draw independent of the slot (Knuth, vol. 3, 6.4).
	draw := int(sum * 0x9e3779b97f4a7c15 >> 56)
	skip := int(sum&0xffffffff%(ringSize-1)) + 1 // reaches every slot, because ringSize is prime
	rest, fits := -1, false                      // for a key that is in the share of no member with room; whether rest has room
	for range ringSize {
		if i := int(h.ring[slot]); h.group.takes(i, avoid, want) {
			room := bound.fits(h.group, i)
			if room && admits(h.group.Members[i].share(), most, draw) {
				return i
			}
			if rest < 0 || room && !fits {
				rest, fits = i, room
			}
		}
		if slot += skip; slot >= ringSize {
			slot -= ringSize
		}
	}
	if rest >= 0 {
		return rest
	}
	return first // verdicts changed after best read them, or its weight gave it no slot
}

// A keyPart is the part of a Key that is hashed.
type keyPart uint8

const (
	clientIP     keyPart = iota // sch: the source address
	quicID                      // qch: the whole id
	quicServerID                // iqch: its 2nd to 4th byte, where QUIC-LB with 3-byte server ids has the server id
)

// of returns the part of k. A request that did not come over QUIC has no id, and
// one with too short an id counts as such: then it is the source address
// (decisions, Data plane 1).
func (p keyPart) of(k *Key) []byte {
	switch {
	case p == quicID && len(k.QUICID) > 0:
		return k.QUICID
	case p == quicServerID && len(k.QUICID) >= 4:
		return k.QUICID[1:4]
	}
	return k.ClientIP[:]
}
