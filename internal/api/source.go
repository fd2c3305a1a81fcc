package api

import (
	"context"
	"net/netip"
)

// An Origin is how a call came, as conditions of policies see it.
type Origin struct {
	Source netip.Addr // of the connection
	Secure bool       // over TLS
}

// originKey finds the origin of a call in its context.
type originKey struct{}

// WithOrigin notes how a call came.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf is how a call came; the zero Origin if nobody has noted it.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
