package proxy

import (
	"context"

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
