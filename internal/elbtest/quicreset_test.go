package elbtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// A QUIC client that only sends keep-alive packets receives a stateless reset when the
// node has been killed and started again.
func TestQUICClientAfterRestart(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	f := NewSite(t, n, NewBackend(t, "one")).Listen(t, nil)
	conf := f.TLS()
	conf.NextProtos = []string{"h3"}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := quic.DialAddr(ctx, f.HostPort(), conf, &quic.Config{
		KeepAlivePeriod: 200 * time.Millisecond, // the client sends nothing else, and packets of at most 42 bytes
		MaxIdleTimeout:  2 * patience,           // without a reset the client would wait this long
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseWithError(0, "") }()
	// Until the handshake is confirmed the client sends packets with long headers, for
	// which there is no stateless reset. After a request it is confirmed.
	h3 := new(http3.Transport).NewClientConn(c)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+f.HostPort()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := h3.RoundTrip(r); err != nil {
		t.Fatal(err)
	} else if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	n.Kill()
	n.Again(t)
	<-c.Context().Done() // by its idle timeout at the latest
	var reset *quic.StatelessResetError
	if err := context.Cause(c.Context()); !errors.As(err, &reset) {
		t.Errorf("the connection ended with %v, want a stateless reset", err)
	}
}
