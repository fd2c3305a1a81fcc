package proxy

import (
	"context"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlogwriter"
)

// A quicID is the connection id that a client chose for its first packet, which qch
// and iqch hash (decisions, Data plane 1). After a Retry it is still that id, not the
// one of the Retry packet.
//
// quic-go does not give it to the owner of a connection, but passes it to the
// connection's tracer, which records it here and traces nothing.
type quicID struct {
	b [20]byte // the maximum length (RFC 9000, 17.2)
	n int
}

// bytes returns nil if the id is not known.
func (id *quicID) bytes() []byte {
	if id.n == 0 {
		return nil
	}
	return id.b[:id.n]
}

// quicStartKey is the key of the *quicStart in the context of a connection.
type quicStartKey struct{}

// traceID is a quic.Config.Tracer. It is called once for each connection, before the
// connection is returned by Accept.
func traceID(ctx context.Context, _ bool, id quic.ConnectionID) qlogwriter.Trace {
	if s, ok := ctx.Value(quicStartKey{}).(*quicStart); ok {
		s.id.n = copy(s.id.b[:], id.Bytes())
	}
	return nil
}
