package elbtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
)

// gRPC calls of all four kinds go through a listener that was created by the API.
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
	interop.DoLargeUnaryCall(ctx, tc) // these end the process if they fail, and log the reason
	interop.DoClientStreaming(ctx, tc)
	interop.DoServerStreaming(ctx, tc)
	interop.DoPingPong(ctx, tc)
	interop.DoCustomMetadata(ctx, tc)
	interop.DoStatusCodeAndMessage(ctx, tc)
}

// A backend that speaks only HTTP/2 without TLS serves all requests and passes health
// checks if the listener is set to that. A backend that speaks only HTTP/1.1 gets gRPC
// over HTTP/1.1.
func testBackendServerProtocol(t *testing.T) {
	serve := func(h2c, h1 bool) *Backend {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var speaks http.Protocols
		speaks.SetUnencryptedHTTP2(h2c)
		speaks.SetHTTP1(h1)
		server := &http.Server{Protocols: &speaks, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Proto", r.Proto)
			w.Header().Set("Trailer", "Grpc-Status")
			_, _ = w.Write(body)
			w.Header().Set("Grpc-Status", "0")
		})}
		ended := make(chan struct{})
		go func() { // ends with Close below
			defer close(ended)
			_ = server.Serve(l)
		}()
		t.Cleanup(func() {
			_ = server.Close()
			<-ended
		})
		return &Backend{Name: "a", Address: l.Addr().String()}
	}
	post := func(f *Front, contentType string) (proto, body, status string, code int) {
		c := f.Client(t, "")
		c.Transport.(*http.Transport).ForceAttemptHTTP2 = true
		res, err := c.Post(f.URL("/x"), contentType, strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		got, _ := io.ReadAll(res.Body)
		return res.Header.Get("X-Proto"), string(got), cmp.Or(res.Trailer.Get("Grpc-Status"), res.Header.Get("Grpc-Status")), res.StatusCode
	}
	only2, only1 := NewSite(t, node(t), serve(true, false)), NewSite(t, node(t), serve(false, true))
	if got := Code(only2.Create(only2.ListenerParams(map[string]string{"BackendServerProtocol": "h2"}))); got != "InvalidBackendServerProtocol" {
		t.Errorf("h2: code %q", got)
	}
	checked := map[string]string{"BackendServerProtocol": "h2c", "HealthCheck": "on", "HealthCheckInterval": "1"}
	for _, tt := range []struct {
		site        *Site
		params      map[string]string
		contentType string
		want        string
	}{
		{only2, checked, "application/connect+proto", "HTTP/2.0 hello 0"},
		{only2, checked, "text/plain", "HTTP/2.0 hello 0"},
		{only2, checked, "application/grpc", "HTTP/2.0 hello 0"},
		{only2, nil, "application/grpc", "HTTP/2.0 hello 0"},
		{only1, nil, "text/plain", "HTTP/1.1 hello 0"},
		{only1, nil, "application/grpc", "  14"},
		{only1, map[string]string{"BackendServerProtocol": "http1"}, "application/grpc", "HTTP/1.1 hello 0"},
		{only1, map[string]string{"BackendServerProtocol": "http1"}, "text/plain", "HTTP/1.1 hello 0"},
	} {
		f := tt.site.Listen(t, tt.params)
		Eventually(t, func() error {
			if proto, body, status, code := post(f, tt.contentType); proto+" "+body+" "+status != tt.want {
				return fmt.Errorf("%v, %s: got %d, %s %q, status %s, want %s", tt.params, tt.contentType, code, proto, body, status, tt.want)
			}
			return nil
		})
	}
}
