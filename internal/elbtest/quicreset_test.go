package elbtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
)

// A QUIC client that only keeps its connection alive is told by a stateless reset
// when the node has been killed and started again.
func TestQUICClientAfterRestart(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	f := NewSite(t, n, NewBackend(t, "one")).Listen(t, nil)
	conf := f.TLS()
	conf.NextProtos = []string{"h3"}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := quic.DialAddr(ctx, f.HostPort(), conf, &quic.Config{
		KeepAlivePeriod: 200 * time.Millisecond, // nothing else is sent, and never more than 42 bytes
		MaxIdleTimeout:  2 * patience,           // which the client would otherwise wait for
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseWithError(0, "") }()
	n.Kill()
	n.Again(t)
	_, err = c.AcceptStream(ctx)
	var reset *quic.StatelessResetError
	if !errors.As(err, &reset) {
		t.Errorf("the connection ended with %v, want a stateless reset", err)
	}
}
