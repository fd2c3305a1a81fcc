package api

import (
	"context"
	"net/netip"
)

// sourceKey finds the source of a call in its context.
type sourceKey struct{}

// WithSource notes the address that a call came from.
func WithSource(ctx context.Context, source netip.Addr) context.Context {
	return context.WithValue(ctx, sourceKey{}, source)
}

// SourceOf is the address that a call came from; the zero Addr if nobody has noted
// it.
func SourceOf(ctx context.Context) netip.Addr {
	source, _ := ctx.Value(sourceKey{}).(netip.Addr)
	return source
}
