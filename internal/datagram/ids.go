package datagram

import (
	"crypto/rand"

	"github.com/quic-go/quic-go"
)

// A NodeID is what tells the nodes of a site apart in the connection ids that
// they give out, a Tag the processes of a node.
type (
	NodeID [3]byte
	Tag    [2]byte
)

// IDs makes the ids that we give out. They are laid out as
// draft-ietf-quic-load-balancers has them, in plain text: an octet with the
// configuration, 0, in three bits and the length of what follows in five, then
// the node, then what makes the id unique. So a node that receives a packet for
// another one can pass it on, and routers that look at the 2nd to 4th byte
// (Katran, Tengine) find a node there. What makes it unique begins with the tag
// of the process, so that one which has taken over from another can pass on what
// is for the other.
type IDs struct {
	node NodeID
	Tag  Tag
}

const (
	quicNonceLen = 8 // twice the least of the draft: two ids in 2^32 must not meet
	quicIDLen    = 1 + len(NodeID{}) + len(Tag{}) + quicNonceLen
	quicIDFirst  = byte(0<<5 | (quicIDLen - 1))
)

// GenerateConnectionID implements quic.ConnectionIDGenerator.
func (q IDs) GenerateConnectionID() (quic.ConnectionID, error) {
	var b [quicIDLen]byte
	b[0] = quicIDFirst
	rest := b[1+copy(b[1:], q.node[:]):]
	_, _ = rand.Read(rest[copy(rest, q.Tag[:]):]) // never fails
	return quic.ConnectionIDFromBytes(b[:]), nil
}

// ConnectionIDLen implements quic.ConnectionIDGenerator.
func (q IDs) ConnectionIDLen() int { return quicIDLen }

// tagOf finds the tag in a packet whose connection id was given out by a process
// of this node. The form of the first bytes is the same in all versions of QUIC
// (RFC 8999, 5).
func tagOf(packet []byte) (tag Tag, ok bool) {
	if len(packet) == 0 {
		return tag, false
	}
	id := packet[1:]
	if packet[0]&0x80 != 0 { // a long header: version, length of the id, id
		if len(id) < 5 || int(id[4]) != quicIDLen {
			return tag, false
		}
		id = id[5:]
	}
	if len(id) < quicIDLen || id[0] != quicIDFirst {
		return tag, false
	}
	copy(tag[:], id[1+len(NodeID{}):])
	return tag, true
}
