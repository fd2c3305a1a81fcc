package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"elbow/internal/balance"
	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// callee serves gRPC without TLS.
func callee(t testing.TB, l net.Listener, impl testgrpc.TestServiceServer, o ...grpc.ServerOption) *grpc.Server {
	t.Helper()
	s := grpc.NewServer(o...)
	testgrpc.RegisterTestServiceServer(s, impl)
	ended := make(chan struct{})
	go func() { // ends with Stop below
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Stop()
		<-ended
	})
	return s
}

// dialCalls connects a gRPC client to the listener.
func (r *rig) dialCalls(o ...grpc.DialOption) *grpc.ClientConn {
	r.t.Helper()
	o = append(o, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, ServerName: "elbow.test"})))
	c, err := grpc.NewClient(r.lis.Addr().String(), o...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// The cases of gRPC's interoperability tests that do not need Google's accounts run with
// gRPC's client and server, through the listener. A case that fails ends the test binary,
// with a line that says why.
func TestCallInterop(t *testing.T) {
	leak.Check(t)
	l := listenTCP(t)
	callee(t, l, interop.NewTestServer())
	r := newRig(t, []string{l.Addr().String()})
	c := r.dialCalls()
	tc := testgrpc.NewTestServiceClient(c)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, tt := range []struct {
		name string
		run  func(context.Context, testgrpc.TestServiceClient, ...grpc.CallOption)
	}{
		{"empty_unary", interop.DoEmptyUnaryCall},
		{"large_unary", interop.DoLargeUnaryCall},
		{"client_streaming", interop.DoClientStreaming},
		{"server_streaming", interop.DoServerStreaming},
		{"ping_pong", interop.DoPingPong},
		{"empty_stream", interop.DoEmptyStream},
		{"timeout_on_sleeping_server", interop.DoTimeoutOnSleepingServer},
		{"cancel_after_begin", interop.DoCancelAfterBegin},
		{"cancel_after_first_response", interop.DoCancelAfterFirstResponse},
		{"custom_metadata", interop.DoCustomMetadata},
		{"status_code_and_message", interop.DoStatusCodeAndMessage},
		{"special_status_message", interop.DoSpecialStatusMessage},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(ctx, tc) })
	}
	t.Run("unimplemented_method", func(*testing.T) { interop.DoUnimplementedMethod(ctx, c) })
	t.Run("unimplemented_service", func(*testing.T) {
		interop.DoUnimplementedService(ctx, testgrpc.NewUnimplementedServiceClient(c))
	})
	if got := r.cfg.Backends[0].Pool.Counts().Dials; got != 1 {
		t.Errorf("got %d connections to the backend, want 1", got)
	}
}

// A server is a gRPC backend that calls these functions.
type server struct {
	testgrpc.UnimplementedTestServiceServer
	unary  func(context.Context) error
	stream func(testgrpc.TestService_FullDuplexCallServer) error
}

func (s *server) EmptyCall(ctx context.Context, _ *testgrpc.Empty) (*testgrpc.Empty, error) {
	if s.unary == nil {
		return new(testgrpc.Empty), nil
	}
	return new(testgrpc.Empty), s.unary(ctx)
}

func (s *server) FullDuplexCall(stream testgrpc.TestService_FullDuplexCallServer) error {
	return s.stream(stream)
}

// calls serves s and returns a client that calls it through a listener.
func calls(t *testing.T, s *server, settings ...setting) (*rig, testgrpc.TestServiceClient) {
	t.Helper()
	l := listenTCP(t)
	callee(t, l, s)
	r := newRig(t, []string{l.Addr().String()}, settings...)
	return r, testgrpc.NewTestServiceClient(r.dialCalls())
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Concurrent calls share a connection to the backend, up to a hundred calls each.
func TestCallsShareConnections(t *testing.T) {
	leak.Check(t)
	const n = 150
	var there sync.WaitGroup
	there.Add(n)
	r, c := calls(t, &server{unary: func(context.Context) error {
		there.Done()
		there.Wait() // until all calls have arrived
		return nil
	}})
	ctx := soon(t)
	ended := make(chan error, n)
	clients := []testgrpc.TestServiceClient{c, testgrpc.NewTestServiceClient(r.dialCalls())} // each may have 128 streams
	for i := range n {
		go func() { // ends with the call
			_, err := clients[i%2].EmptyCall(ctx, new(testgrpc.Empty))
			ended <- err
		}()
	}
	for range n {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	if got := r.cfg.Backends[0].Pool.Counts().Dials; got != 2 {
		t.Errorf("got %d connections for %d calls, want 2", got, n)
	}
	if got := r.cfg.Backends[0].Member.Active.Load(); got != 0 {
		t.Errorf("%d calls are still counted", got)
	}
}

// A backend that sends GOAWAY on all its connections, repeatedly, loses no call.
func TestCallGoAway(t *testing.T) {
	leak.Check(t)
	l := listenTCP(t)
	callee(t, l, interop.NewTestServer(), grpc.KeepaliveParams(keepalive.ServerParameters{
		MaxConnectionAge: 20 * time.Millisecond, MaxConnectionAgeGrace: patience,
	}))
	r := newRig(t, []string{l.Addr().String()})
	c := testgrpc.NewTestServiceClient(r.dialCalls())
	ctx := soon(t)
	pool := r.cfg.Backends[0].Pool
	var running sync.WaitGroup
	for range 8 {
		running.Add(1)
		go func() { // ends when the backend has closed ten connections
			defer running.Done()
			for pool.Counts().Dials < 10 {
				if _, err := c.EmptyCall(ctx, new(testgrpc.Empty)); err != nil {
					t.Error(err)
					return
				}
				if err := pingPong(ctx, c); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	running.Wait()
}

func pingPong(ctx context.Context, c testgrpc.TestServiceClient) error {
	s, err := c.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		ask := &testgrpc.StreamingOutputCallRequest{ResponseParameters: []*testgrpc.ResponseParameters{{Size: 10}}}
		if err := s.Send(ask); err != nil && err != io.EOF {
			return err
		}
		if _, err := s.Recv(); err != nil {
			return err
		}
	}
	if err := s.CloseSend(); err != nil {
		return err
	}
	if _, err := s.Recv(); err != io.EOF {
		return err
	}
	return nil
}

// A client that does not read exerts backpressure on the backend and delays no other
// client. When it cancels, the backend's stream is reset.
func TestCallSlowReader(t *testing.T) {
	leak.Check(t)
	var sent atomic.Int64
	left := make(chan struct{})
	_, c := calls(t, &server{stream: func(s testgrpc.TestService_FullDuplexCallServer) error {
		defer close(left)
		message := &testgrpc.StreamingOutputCallResponse{Payload: &testgrpc.Payload{Body: make([]byte, 16<<10)}}
		for {
			if err := s.Send(message); err != nil {
				return err
			}
			sent.Add(16 << 10)
		}
	}})
	ctx, cancel := context.WithCancel(soon(t))
	s, err := c.FullDuplexCall(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); err != nil {
		t.Fatal(err)
	}
	for before := int64(0); before < sent.Load(); {
		before = sent.Load()
		for range 20 { // while other clients are served
			if _, err := c.EmptyCall(ctx, new(testgrpc.Empty)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The windows of client and backend, the queue, and gRPC's own buffers.
	if got := sent.Load(); got > 1<<20 {
		t.Errorf("%d bytes went to a client that does not read", got)
	}
	cancel()
	<-left
}

// A call that the client cancels, or whose deadline expires, is cancelled at the backend.
func TestCallCancel(t *testing.T) {
	leak.Check(t)
	began, ended := make(chan struct{}), make(chan error, 1)
	r, c := calls(t, &server{unary: func(ctx context.Context) error {
		began <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}})
	ctx, cancel := context.WithCancel(soon(t))
	go func() { // ends with the call
		<-began
		cancel()
	}()
	if _, err := c.EmptyCall(ctx, new(testgrpc.Empty)); status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	if err := <-ended; err != context.Canceled {
		t.Errorf("the backend got %v", err)
	}
	if line := r.log.next(t); line["status"] != 499.0 {
		t.Errorf("got %v", line)
	}
}

// A backend that dies during a stream results in UNAVAILABLE, as it would without a load
// balancer.
func TestCallBackendDies(t *testing.T) {
	leak.Check(t)
	l := listenTCP(t)
	var s *grpc.Server
	began := make(chan struct{})
	s = callee(t, l, &server{stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		_ = stream.Send(new(testgrpc.StreamingOutputCallResponse))
		close(began)
		<-stream.Context().Done()
		return nil
	}})
	r := newRig(t, []string{l.Addr().String()})
	stream, err := testgrpc.NewTestServiceClient(r.dialCalls()).FullDuplexCall(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	<-began
	r.cfg.Backends[0].Pool.Cut() // the connection breaks
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
	s.Stop()
	if line := r.log.next(t); line["status"] != 200.0 || line["side"] != "upstream" || line["op"] != "body" {
		t.Errorf("got %v", line)
	}
}

// A fault is reported in gRPC's terms: HTTP status 200, and the status of the call.
func TestCallFaults(t *testing.T) {
	leak.Check(t)
	slow := listenTCP(t)
	callee(t, slow, &server{unary: func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}})
	for _, tt := range []struct {
		name    string
		backend []string
		code    codes.Code
		logged  float64
	}{
		{"no member", nil, codes.Unavailable, 503},
		{"refused", []string{refusing(t)}, codes.Unavailable, 502},
		{"HTTP/1.1 alone", []string{origin(t, hello)}, codes.Unavailable, 502},
		{"late", []string{slow.Addr().String()}, codes.DeadlineExceeded, 504},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.backend, requestTimeout(50*time.Millisecond))
			_, err := testgrpc.NewTestServiceClient(r.dialCalls()).EmptyCall(soon(t), new(testgrpc.Empty))
			if status.Code(err) != tt.code {
				t.Errorf("got %v, want %v", err, tt.code)
			}
			if line := r.log.next(t); line["status"] != tt.logged {
				t.Errorf("got %v", line)
			}
		})
	}
}

// The forwarding fields and the session cookie of a call are as for any request.
func TestCallFields(t *testing.T) {
	leak.Check(t)
	var got metadata.MD
	impl := &server{unary: func(ctx context.Context) error {
		got, _ = metadata.FromIncomingContext(ctx)
		return nil
	}}
	l := listenTCP(t)
	callee(t, l, impl)
	r := newRig(t, []string{l.Addr().String()}, func(_ *Options, c *Config) {
		m := &balance.Member{ID: "a"}
		m.SetHealth(balance.Healthy)
		c.Sticky = balance.NewInsert(&balance.Group{Members: []*balance.Member{m}, Weights: []int{100}}, make([]byte, 32), time.Minute, balance.NoSameSite)
	})
	c := testgrpc.NewTestServiceClient(r.dialCalls())
	ctx := metadata.AppendToOutgoingContext(soon(t), "x-forwarded-for", "192.0.2.1", "x-forwarded-proto", "gopher", "a", "b")
	var head metadata.MD
	if _, err := c.EmptyCall(ctx, new(testgrpc.Empty), grpc.Header(&head)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"x-forwarded-for": "192.0.2.1, 127.0.0.1", "x-forwarded-proto": "https", "x-forwarded-port": "443",
		":authority": "elbow.test", "a": "b", "cookie": "",
	} {
		if v := strings.Join(got.Get(name), "|"); v != want {
			t.Errorf("%s: got %q, want %q", name, v, want)
		}
	}
	cookie := strings.Join(head.Get("set-cookie"), "")
	if !strings.HasPrefix(cookie, "SERVERID=") {
		t.Fatalf("got cookie %q", cookie)
	}
	cookie, _, _ = strings.Cut(cookie, ";")
	ctx = metadata.AppendToOutgoingContext(soon(t), "cookie", cookie+"; mine=1")
	if _, err := c.EmptyCall(ctx, new(testgrpc.Empty)); err != nil {
		t.Fatal(err)
	}
	if v := strings.Join(got.Get("cookie"), "|"); v != "mine=1" {
		t.Errorf("the backend got cookie %q", v)
	}
}

// A call stays open while both sides are silent for longer than the limit for a body,
// and so do both its directions.
func TestCallSilence(t *testing.T) {
	leak.Check(t)
	const pause = 20 * time.Millisecond
	_, c := calls(t, &server{stream: func(s testgrpc.TestService_FullDuplexCallServer) error {
		if err := s.Send(new(testgrpc.StreamingOutputCallResponse)); err != nil {
			return err
		}
		if _, err := s.Recv(); err != nil {
			return err
		}
		return s.Send(new(testgrpc.StreamingOutputCallResponse))
	}}, limits(exchange.Limits{BodyTimeout: pause, StreamTimeout: pause}))
	s, err := c.FullDuplexCall(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * pause)
	if err := s.Send(new(testgrpc.StreamingOutputCallRequest)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{nil, io.EOF} {
		if _, err := s.Recv(); err != want {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
}

// Silence in both directions ends a stream after a longer time.
func TestCallSilenceEnds(t *testing.T) {
	leak.Check(t)
	_, c := calls(t, &server{stream: func(s testgrpc.TestService_FullDuplexCallServer) error {
		<-s.Context().Done()
		return nil
	}}, limits(exchange.Limits{TunnelTimeout: 20 * time.Millisecond}))
	s, err := c.FullDuplexCall(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}

// A call can be made over HTTP/3.
func TestCallOverHTTP3(t *testing.T) {
	leak.Check(t)
	r, _ := calls(t, &server{})
	tr := &http3.Transport{TLSClientConfig: h3TLS(), DisableCompression: true}
	defer tr.Close()
	req, err := http.NewRequest("POST", "https://"+r.lis.Addr().String()+"/grpc.testing.TestService/EmptyCall", bytes.NewReader(make([]byte, 5)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/grpc+proto")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || len(body) != 5 || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("got %d, %q, %v, trailers %v", resp.StatusCode, body, err, resp.Trailer)
	}
}

// A request that is not gRPC over HTTP/2 or HTTP/3 is forwarded over HTTP/1.1.
func TestNotACall(t *testing.T) {
	leak.Check(t)
	heads := make(chan string, 10)
	backend := scripted(t, func(_ int, p *peer) {
		for h := p.head(); h != ""; h = p.head() {
			heads <- h
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}
	})
	r := newRig(t, []string{backend})
	for _, tt := range []struct {
		v                 version
		method, mediaType string
	}{
		{http11, "POST", "application/grpc"},
		{http20, "POST", "application/grpc-web+proto"},
		{http20, "POST", "application/grpcx"},
		{http20, "GET", "application/grpc"},
		{http30, "PUT", "application/grpc"},
	} {
		a := r.asker(tt.v)
		a.ask(tt.method+" /x HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 0\r\nContent-Type: "+tt.mediaType+"\r\n\r\n").want(200, "hello")
		if h := <-heads; !strings.HasPrefix(h, tt.method+" /x HTTP/1.1\r\n") {
			t.Errorf("%v: the backend got %q", tt, h)
		}
	}
}

// backend2 is an HTTP/2 backend that runs script for each connection, n counting from 0,
// frame by frame.
func backend2(t *testing.T, script func(n int, f *http2.Framer)) string {
	return scripted(t, func(n int, p *peer) {
		_, _ = io.ReadFull(p.r, make([]byte, len(http2.ClientPreface)))
		f := http2.NewFramer(p, p.r)
		f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		_ = f.WriteSettings()
		script(n, f)
	})
}

// request reads frames until the head of a request and returns its stream; 0 at the end of
// the connection.
func request(f *http2.Framer) uint32 {
	for {
		frame, err := f.ReadFrame()
		if h, ok := frame.(*http2.MetaHeadersFrame); ok {
			return h.StreamID
		}
		if err != nil {
			return 0
		}
	}
}

// A call that the backend has not processed is retried; one that it has reset is reset
// for the client, with the most specific code.
func TestCallRetry(t *testing.T) {
	leak.Check(t)
	trailersOnly := func(f *http2.Framer, id uint32) {
		var b bytes.Buffer
		e := hpack.NewEncoder(&b)
		e.SetMaxDynamicTableSize(0)
		for _, h := range [][2]string{{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "5"}} {
			_ = e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
		}
		_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: true})
	}
	reset := func(code http2.ErrCode) func(int, *http2.Framer, uint32) {
		return func(_ int, f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, code) }
	}
	for _, tt := range []struct {
		name   string
		answer func(calls int, f *http2.Framer, id uint32)
		code   codes.Code
		calls  int
	}{
		{"GOAWAY", func(n int, f *http2.Framer, id uint32) {
			if n == 1 {
				_ = f.WriteGoAway(id-1, http2.ErrCodeNo, nil)
				return
			}
			trailersOnly(f, id)
		}, codes.NotFound, 2},
		{"refused once", func(n int, f *http2.Framer, id uint32) {
			if n == 1 {
				_ = f.WriteRSTStream(id, http2.ErrCodeRefusedStream)
				return
			}
			trailersOnly(f, id)
		}, codes.NotFound, 2},
		{"cancelled", reset(http2.ErrCodeCancel), codes.Canceled, 1},
		{"calm", reset(http2.ErrCodeEnhanceYourCalm), codes.ResourceExhausted, 1},
		{"internal", reset(http2.ErrCodeInternal), codes.Internal, 1},
		{"malformed", func(_ int, f *http2.Framer, id uint32) { _ = f.WriteData(id, true, []byte("x")) }, codes.Unavailable, 1},
		{"no status", func(_ int, f *http2.Framer, id uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: []byte{0, 1, 'a', 1, 'b'}, EndHeaders: true, EndStream: true})
		}, codes.Unavailable, 1},
		{"a table that it was told not to have", func(_ int, f *http2.Framer, id uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: []byte{0x88, 0xbe}, EndHeaders: true, EndStream: true})
		}, codes.Unavailable, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int32
			backend := backend2(t, func(_ int, f *http2.Framer) {
				for id := request(f); id > 0; id = request(f) {
					tt.answer(int(n.Add(1)), f, id)
				}
			})
			r := newRig(t, []string{backend})
			_, err := testgrpc.NewTestServiceClient(r.dialCalls(grpc.WithDisableRetry())).EmptyCall(soon(t), new(testgrpc.Empty))
			if status.Code(err) != tt.code {
				t.Errorf("got %v, want %v", err, tt.code)
			}
			if got := int(n.Load()); got != tt.calls {
				t.Errorf("the backend got %d calls, want %d", got, tt.calls)
			}
		})
	}
}

// A call that is refused each time fails. The client sends it twice, and the proxy retries
// each of them once if the body arrived with the head, which depends on the packets.
func TestCallRefusedAlways(t *testing.T) {
	leak.Check(t)
	var calls atomic.Int32
	r := newRig(t, []string{backend2(t, func(_ int, f *http2.Framer) {
		for id := request(f); id > 0; id = request(f) {
			calls.Add(1)
			_ = f.WriteRSTStream(id, http2.ErrCodeRefusedStream)
		}
	})})
	_, err := testgrpc.NewTestServiceClient(r.dialCalls(grpc.WithDisableRetry())).EmptyCall(soon(t), new(testgrpc.Empty))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want %v", err, codes.Unavailable)
	}
	if got := calls.Load(); got < 2 || got > 4 {
		t.Errorf("the backend got %d calls, want 2 to 4", got)
	}
}

// A refused call whose body is incomplete is not retried by the proxy: the client gets
// a code that allows it to retry.
func TestCallRefusedWhileSending(t *testing.T) {
	leak.Check(t)
	var calls atomic.Int32
	r := newRig(t, []string{backend2(t, func(_ int, f *http2.Framer) {
		for id := request(f); id > 0; id = request(f) {
			if calls.Add(1) == 1 {
				_ = f.WriteRSTStream(id, http2.ErrCodeRefusedStream)
				continue
			}
			// Status 200, grpc-status 5.
			block := "\x88\x00\x0bgrpc-status\x015\x00\x0ccontent-type\x10application/grpc"
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: []byte(block), EndHeaders: true, EndStream: true})
		}
	})})
	call, err := testgrpc.NewTestServiceClient(r.dialCalls(grpc.WithDisableRetry())).FullDuplexCall(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Recv(); status.Code(err) != codes.NotFound {
		t.Errorf("got %v, want %v", err, codes.NotFound)
	}
	if got := calls.Load(); got != 2 {
		t.Errorf("the backend got %d calls, want 2", got)
	}
}

// A client may send a PING for each answer, as that of gRPC does, but not more.
func TestPingsPaidFor(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dialFrames()
	for range 1000 { // five times the burst that is accepted without answers
		c.ok(c.WritePing(false, [8]byte{1}))
		c.wantStatus(c.open(true), "200")
	}
	go func() { // ends when the connection does
		for c.WritePing(false, [8]byte{2}) == nil {
		}
	}()
	c.wantGoAway(http2.ErrCodeEnhanceYourCalm)
}
