package api

import (
	"context"
	"net/netip"
)

// An Origin is the origin of a call, for the conditions of policies.
type Origin struct {
	Source netip.Addr // of the connection
	Secure bool       // over TLS
}

// originKey is the context key of the origin.
type originKey struct{}

// WithOrigin adds the origin of a call to ctx.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf is the origin of a call; the zero Origin if ctx has none.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
