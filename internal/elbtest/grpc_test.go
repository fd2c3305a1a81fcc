package elbtest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
)

// Calls of gRPC, of all four kinds, through a listener that was made over the
// API.
func TestCalls(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	ended := make(chan struct{})
	go func() { // ends with Stop below
		defer close(ended)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})

	s := NewSite(t, node(t), &Backend{Name: "grpc", Address: l.Addr().String()})
	f := s.Listen(t, map[string]string{"StickySession": "on", "StickySessionType": "insert", "CookieTimeout": "60"})
	c, err := grpc.NewClient(f.HostPort(), grpc.WithTransportCredentials(credentials.NewTLS(f.TLS())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	tc := testgrpc.NewTestServiceClient(c)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	interop.DoLargeUnaryCall(ctx, tc) // these end the process if they fail, and say why
	interop.DoClientStreaming(ctx, tc)
	interop.DoServerStreaming(ctx, tc)
	interop.DoPingPong(ctx, tc)
	interop.DoCustomMetadata(ctx, tc)
	interop.DoStatusCodeAndMessage(ctx, tc)
}
