package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

const account = "1234567890123456"

// A site is a gateway behind a real server, with the keys and operations of one
// test.
type site struct {
	*httptest.Server
	gateway *Gateway
	log     lockedBuffer
	audit   lockedBuffer

	mu     sync.Mutex
	offset time.Duration // guarded by mu: offset of the server's clock
	frozen time.Time     // guarded by mu: time at which the server's clock is frozen, unless zero
	keys   map[string]Credential
}

// newSite serves the operations in handlers with the keys "root" and "user",
// whose secrets are "root-secret" and "user-secret". The policies are those of
// the user.
func newSite(t *testing.T, handlers map[string]Handler, policies ...string) *site {
	t.Helper()
	s := &site{keys: map[string]Credential{
		"root": {
			Identity: ram.Identity{AccountID: account, AccessKeyID: "root", UserID: account},
			Secret:   "root-secret", Active: true,
		},
		"user": {
			Identity: ram.Identity{AccountID: account, AccessKeyID: "user", UserID: "2001", UserName: "alice"},
			Secret:   "user-secret", Active: true,
		},
	}}
	user := s.keys["user"]
	for _, document := range policies {
		p, err := ram.Parse(document)
		if err != nil {
			t.Fatal(err)
		}
		user.Policies = append(user.Policies, p)
	}
	s.keys["user"] = user

	s.gateway = New(Config{
		Handlers: handlers,
		Keys: func(_ context.Context, id string) (Credential, bool, error) {
			if id == "unreadable" {
				return Credential{}, false, errors.New("store is away")
			}
			c, ok := s.keys[id]
			return c, ok, nil
		},
		Log:   slog.New(slog.NewTextHandler(&s.log, nil)),
		Audit: &s.audit,
		Now:   s.now,
	})
	s.Server = httptest.NewUnstartedServer(s.gateway)
	s.Config = s.gateway.Server()
	s.Start()
	t.Cleanup(s.stop)
	return s
}

func (s *site) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.frozen.IsZero() {
		return s.frozen
	}
	return time.Now().Add(s.offset)
}

func (s *site) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = time.Now()
}

func (s *site) ahead(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = d
}

// stop ends the server, after which the audit log is complete.
func (s *site) stop() {
	s.Server.Close()
	if s.gateway != nil {
		s.gateway.Close()
		s.gateway = nil
	}
}

func (s *site) client(key string) *rpc.Client {
	return &rpc.Client{Endpoint: s.URL, AccessKeyID: key, Secret: key + "-secret"}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// answers returns a handler with a constant result.
func answers(out any, err error) Handler {
	return func(context.Context, ram.Identity, api.Input) (any, error) { return out, err }
}

// refused checks that err is a server's refusal with this status and code.
func refused(t *testing.T, err error, status int, code string) *rpc.Error {
	t.Helper()
	var e *rpc.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want the error %s", err, code)
	}
	if e.Status != status || e.Code != code {
		t.Fatalf("got %d %s (%s), want %d %s", e.Status, e.Code, e.Message, status, code)
	}
	if len(e.RequestID) != 36 || e.RequestID != strings.ToUpper(e.RequestID) || e.HostID == "" || e.Recommend == "" {
		t.Errorf("%s: incomplete answer %+v", code, e)
	}
	documented(t, e)
	return e
}

// documented checks that e is in the table from which the documents are
// generated, with its status and message.
func documented(t *testing.T, e *rpc.Error) {
	t.Helper()
	like := func(pattern, text string) bool {
		begin, end, _ := strings.Cut(pattern, "%s")
		return strings.HasPrefix(text, begin) && strings.HasSuffix(text, end)
	}
	for _, row := range api.ErrorTable {
		if row.Status == e.Status && like(row.Code, e.Code) && like(row.Message, e.Message) {
			return
		}
	}
	t.Errorf("%d %s %q is in no row of the error table", e.Status, e.Code, e.Message)
}

func TestAnswer(t *testing.T) {
	leak.Check(t)
	handlers := map[string]Handler{
		"ens:CreateLoadBalancer": func(_ context.Context, who ram.Identity, in api.Input) (any, error) {
			input := in.(*api.CreateLoadBalancerInput)
			if !who.Root() || who.AccountID != account {
				t.Errorf("called as %+v", who)
			}
			return api.CreateLoadBalancerOutput{LoadBalancerID: "lb-1", LoadBalancerName: input.Name, NetworkID: input.NetworkID}, nil
		},
	}
	s := newSite(t, handlers)
	for _, algorithm := range []rpc.Algorithm{rpc.V1, rpc.V3} {
		client := s.client("root")
		client.Algorithm = algorithm
		body, err := client.Call(t.Context(), api.EnsVersion, "CreateLoadBalancer", map[string]string{
			"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default",
			"VSwitchId": "vsw-default", "PayType": "PostPaid", "LoadBalancerName": "a b+c*~é&",
		})
		if err != nil {
			t.Fatalf("algorithm %d: %v", algorithm, err)
		}
		var got map[string]string
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if got["LoadBalancerId"] != "lb-1" || got["LoadBalancerName"] != "a b+c*~é&" || len(got["RequestId"]) != 36 {
			t.Errorf("algorithm %d: got %s", algorithm, body)
		}
	}
}

// Each stage refuses what the stages before it accept, so that a client learns no
// more than it is entitled to.
func TestStagesInOrder(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"ens:CreateLoadBalancer": answers(nil, api.LoadBalancerNotFound())})
	complete := map[string]string{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default",
		"VSwitchId": "vsw-default", "PayType": "PostPaid",
	}
	for _, tt := range []struct {
		name, key, secret, version, action string
		params                             map[string]string
		status                             int
		code                               string
	}{
		{"unknown version before unknown key", "nobody", "x", "2000-01-01", "X", nil, 400, "InvalidVersion"},
		{"unknown action before unknown key", "nobody", "x", api.EnsVersion, "X", nil, 404, "InvalidAction.NotFound"},
		{"operation that is not served", "root", "root-secret", api.EnsVersion, "DescribeNetworks", nil, 404, "InvalidAction.NotFound"},
		{"unknown key", "nobody", "x", api.EnsVersion, "CreateLoadBalancer", nil, 404, "InvalidAccessKeyId.NotFound"},
		{"endless key", strings.Repeat("k", maxAccessKey+1), "x", api.EnsVersion, "CreateLoadBalancer", nil, 404, "InvalidAccessKeyId.NotFound"},
		{"key that cannot be looked up", "unreadable", "x", api.EnsVersion, "CreateLoadBalancer", nil, 400, "ens.interface.error"},
		{"wrong secret", "user", "x", api.EnsVersion, "CreateLoadBalancer", nil, 400, "SignatureDoesNotMatch"},
		{"no policy before missing parameters", "user", "user-secret", api.EnsVersion, "CreateLoadBalancer", nil, 400, "NoPermission"},
		{"missing parameter", "root", "root-secret", api.EnsVersion, "CreateLoadBalancer", nil, 400, "MissingEnsRegionId"},
		{"the operation's own", "root", "root-secret", api.EnsVersion, "CreateLoadBalancer", complete, 400, "LoadBalancerNotFound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, algorithm := range []rpc.Algorithm{rpc.V1, rpc.V3} {
				c := &rpc.Client{Endpoint: s.URL, AccessKeyID: tt.key, Secret: tt.secret, Algorithm: algorithm}
				_, err := c.Call(t.Context(), tt.version, tt.action, tt.params)
				refused(t, err, tt.status, tt.code)
			}
		})
	}
}

func TestInactiveKey(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"sts:GetCallerIdentity": answers(nil, nil)})
	root := s.keys["root"]
	root.Active = false
	s.keys["root"] = root

	_, err := s.client("root").Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil)
	refused(t, err, 400, "InvalidAccessKeyId.Inactive")
	wrongKey := s.client("root")
	wrongKey.Secret = "x"
	_, err = wrongKey.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil)
	refused(t, err, 400, "SignatureDoesNotMatch")
}

// The text of an internal error is only logged, under the request id.
func TestInternalErrorsStayInside(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{
		"sts:GetCallerIdentity":     answers(nil, errors.New("disk is full")),
		"ens:DescribeLoadBalancers": func(context.Context, ram.Identity, api.Input) (any, error) { panic("out of cheese") },
		"ens:DescribeEnsRegions":    answers(make(chan int), nil),
	})
	for _, tt := range []struct {
		version, action string
		status          int
		code, cause     string
	}{
		{api.StsVersion, "GetCallerIdentity", 400, "ens.interface.error", "disk is full"},
		{api.EnsVersion, "DescribeLoadBalancers", 500, "InternalError", "out of cheese"},
		{api.EnsVersion, "DescribeEnsRegions", 400, "ens.interface.error", "chan int"},
	} {
		_, err := s.client("root").Call(t.Context(), tt.version, tt.action, nil)
		e := refused(t, err, tt.status, tt.code)
		if strings.Contains(e.Message+e.Recommend, tt.cause) {
			t.Errorf("%s told the client: %+v", tt.action, e)
		}
		if log := s.log.String(); !strings.Contains(log, tt.cause) || !strings.Contains(log, e.RequestID) {
			t.Errorf("%s: cause and request id not in the log:\n%s", tt.action, log)
		}
	}
}

// A replay is the same bytes sent again.
func TestReplay(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"sts:GetCallerIdentity": answers(nil, nil)})
	for _, algorithm := range []rpc.Algorithm{rpc.V1, rpc.V3} {
		var sent *http.Request
		client := s.client("root")
		client.Algorithm = algorithm
		client.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = r
			return http.DefaultTransport.RoundTrip(r)
		})}
		if _, err := client.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
			t.Fatal(err)
		}
		again := sent.Clone(t.Context())
		again.Body, _ = sent.GetBody()
		resp, err := http.DefaultTransport.RoundTrip(again)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 400 || !bytes.Contains(body, []byte(`"SignatureNonceUsed"`)) {
			t.Errorf("algorithm %d: a replay got %d %s", algorithm, resp.StatusCode, body)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestClockWindow(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		ahead time.Duration
		code  string
	}{
		{14 * time.Minute, ""},
		{-14 * time.Minute, ""},
		{16 * time.Minute, "InvalidTimeStamp.Expired"},
		{-16 * time.Minute, "InvalidTimeStamp.Expired"},
	} {
		s := newSite(t, map[string]Handler{"sts:GetCallerIdentity": answers(nil, nil)})
		s.ahead(tt.ahead)
		_, err := s.client("root").Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil)
		if tt.code == "" && err != nil {
			t.Errorf("server ahead by %v: %v", tt.ahead, err)
		} else if tt.code != "" {
			refused(t, err, 400, tt.code)
		}
	}
}

// The limits of request line and headers of a refused request, over the wire and
// unsigned.
func TestRequestsRefusedBeforeAuthentication(t *testing.T) {
	leak.Check(t)
	const unsigned = "Action=A&Version=2017-11-10&AccessKeyId=a&Signature=s&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n"
	s := newSite(t, nil)
	for _, tt := range []struct {
		name, method, target string
		body                 string
		status               int
		code                 string
	}{
		{"empty", "GET", "/", "", 400, "MissingParameter"},
		{"other path", "GET", "/healthz", "", 404, "InvalidAction.NotFound"},
		{"other method", "PUT", "/?Action=A", "", 403, "UnsupportedHTTPMethod"},
		{"400 KB query", "GET", "/?Action=A&X=" + strings.Repeat("x", 400<<10), "", 413, "RequestEntityTooLarge"},
		{"1 MB body", "POST", "/", "Action=A&X=" + strings.Repeat("x", 1<<20), 413, "RequestEntityTooLarge"},
		{"bad escape", "GET", "/?Action=%zz", "", 400, "InvalidAction"},
		{"bad name", "GET", "/?%zz", "", 400, "InvalidParameter"},
		{"given twice", "POST", "/?A=1", "A=2", 400, "InvalidParameter.A"},
		{"other format", "GET", "/?Format=YAML", "", 400, "InvalidParameter"},
		{"no time", "GET", "/?" + unsigned + "&Timestamp=now", "", 400, "InvalidTimeStamp.Format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, s.URL+tt.target, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := s.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got rpc.Error
			if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || got.Code != tt.code {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, got.Code, tt.status, tt.code)
			}
			got.Status = resp.StatusCode
			documented(t, &got)
			if id := resp.Header.Get("x-acs-request-id"); id != got.RequestID || len(id) != 36 {
				t.Errorf("request id %q in the header, %q in the body", id, got.RequestID)
			}
		})
	}
}

// A success body never has a Code that clients would take for an error: those of
// Terraform check it even in a 200.
func TestAnswersHaveNoCode(t *testing.T) {
	leak.Check(t)
	for _, op := range api.Operations() {
		body, err := rpc.EncodeAnswer(rpc.JSON, op.Name, "ID", op.Out())
		if err != nil {
			t.Fatalf("%s: %v", op.Name, err)
		}
		var fields map[string]any
		if err := json.Unmarshal(body, &fields); err != nil {
			t.Fatalf("%s: %v", op.Name, err)
		}
		if code, has := fields["Code"]; has && code != 0.0 {
			t.Errorf("%s answers with the Code %v", op.Name, code)
		}
		if _, err := rpc.EncodeAnswer(rpc.XML, op.Name, "ID", op.Out()); err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
	}
}

// Format and headers are exactly what the official clients need.
func TestAnswerHeaders(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"sts:GetCallerIdentity": answers(nil, nil)})
	for format, want := range map[string]string{
		"":     "application/json;charset=utf-8",
		"JSON": "application/json;charset=utf-8",
		"XML":  "text/xml;charset=utf-8",
	} {
		client := s.client("root")
		var header http.Header
		client.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err == nil {
				header = resp.Header
			}
			return resp, err
		})}
		body, err := client.Call(t.Context(), api.StsVersion, "GetCallerIdentity", map[string]string{"Format": format})
		if err != nil {
			t.Fatal(err)
		}
		id := header.Get("x-acs-request-id")
		if got := header.Get("Content-Type"); got != want || !strings.Contains(string(body), id) || len(id) != 36 {
			t.Errorf("format %q: Content-Type %q, request id %q, body %s", format, got, id, body)
		}
	}
}

// A client that disconnects in the middle of a call does not stop it.
func TestCallOutlivesItsClient(t *testing.T) {
	leak.Check(t)
	entered, hungUp, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	s := newSite(t, map[string]Handler{
		"sts:GetCallerIdentity": func(ctx context.Context, _ ram.Identity, _ api.Input) (any, error) {
			close(entered)
			<-hungUp
			done <- ctx.Err()
			return nil, nil
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends with the call, which cancel ends
		<-entered
		cancel()
	}()
	if _, err := s.client("root").Call(ctx, api.StsVersion, "GetCallerIdentity", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	close(hungUp)
	if err := <-done; err != nil {
		t.Errorf("the call's context: %v", err)
	}
}

func BenchmarkCall(b *testing.B) {
	g := New(Config{
		Handlers: map[string]Handler{"ens:DescribeEnsRegions": answers(api.DescribeEnsRegionsOutput{}, nil)},
		Keys: func(context.Context, string) (Credential, bool, error) {
			return Credential{Identity: ram.Identity{AccountID: account}, Secret: "s", Active: true}, true, nil
		},
		Log: slog.New(slog.DiscardHandler),
	})
	defer g.Close()
	for name, algorithm := range map[string]rpc.Algorithm{"V1": rpc.V1, "V3": rpc.V3} {
		b.Run(name, func(b *testing.B) {
			client := &rpc.Client{Endpoint: "api.test", AccessKeyID: "a", Secret: "s", Algorithm: algorithm}
			client.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				w := httptest.NewRecorder()
				r.RemoteAddr = "127.0.0.1:1"
				g.ServeHTTP(w, r)
				return w.Result(), nil
			})}
			b.ReportAllocs()
			for b.Loop() {
				g.throttle = newThrottle() // the benchmark exceeds the limit
				if _, err := client.Call(b.Context(), api.EnsVersion, "DescribeEnsRegions", map[string]string{"EnsRegionId": "local"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
