package proxy

import (
	"context"
	"crypto/rand"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlogwriter"
)

// A quicID is the connection id that a client chose for its first packet: what
// qch and iqch look at (decisions, Data plane 1). If the client was told to prove
// its address first it is still that one, not the id of the Retry packet.
//
// quic-go does not tell it to the owner of a connection, but it tells the tracer
// of each, which takes it down here and traces nothing.
type quicID struct {
	b [20]byte // the longest there is (RFC 9000, 17.2)
	n int
}

// bytes is nil for an id that was not found out.
func (id *quicID) bytes() []byte {
	if id.n == 0 {
		return nil
	}
	return id.b[:id.n]
}

// quicStartKey finds the *quicStart in the context of a connection.
type quicStartKey struct{}

// traceID is a quic.Config.Tracer. It is called once for each connection, before
// anybody sees it.
func traceID(ctx context.Context, _ bool, id quic.ConnectionID) qlogwriter.Trace {
	if s, ok := ctx.Value(quicStartKey{}).(*quicStart); ok {
		s.id.n = copy(s.id.b[:], id.Bytes())
	}
	return nil
}

// A nodeID is what tells the nodes of a site apart in the connection ids that
// they give out, a quicTag the processes of a node.
type (
	nodeID  [3]byte
	quicTag [2]byte
)

// quicIDs makes the ids that we give out. They are laid out as
// draft-ietf-quic-load-balancers has them, in plain text: an octet with the
// configuration, 0, in three bits and the length of what follows in five, then
// the node, then what makes the id unique. So a node that receives a packet for
// another one can pass it on, and routers that look at the 2nd to 4th byte
// (Katran, Tengine) find a node there. What makes it unique begins with the tag
// of the process, so that one which has taken over from another can pass on what
// is for the other.
type quicIDs struct {
	node nodeID
	tag  quicTag
}

const (
	quicNonceLen = 8 // twice the least of the draft: two ids in 2^32 must not meet
	quicIDLen    = 1 + len(nodeID{}) + len(quicTag{}) + quicNonceLen
	quicIDFirst  = byte(0<<5 | (quicIDLen - 1))
)

// GenerateConnectionID implements quic.ConnectionIDGenerator.
func (q quicIDs) GenerateConnectionID() (quic.ConnectionID, error) {
	var b [quicIDLen]byte
	b[0] = quicIDFirst
	rest := b[1+copy(b[1:], q.node[:]):]
	_, _ = rand.Read(rest[copy(rest, q.tag[:]):]) // never fails
	return quic.ConnectionIDFromBytes(b[:]), nil
}

// ConnectionIDLen implements quic.ConnectionIDGenerator.
func (q quicIDs) ConnectionIDLen() int { return quicIDLen }

// tagOf finds the tag in a packet whose connection id was given out by a process
// of this node. The form of the first bytes is the same in all versions of QUIC
// (RFC 8999, 5).
func tagOf(packet []byte) (tag quicTag, ok bool) {
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
	copy(tag[:], id[1+len(nodeID{}):])
	return tag, true
}
