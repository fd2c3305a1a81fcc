package elbtest

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// The answer to Format=XML is XML, also for errors, and its RequestId equals the one in
// its header.
func TestXML(t *testing.T) {
	t.Parallel()
	n := node(t)
	ask := func(action string) (*http.Response, string) {
		var res *http.Response
		var body string
		c := n.RPC()
		c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			got, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			text, err := io.ReadAll(got.Body)
			got.Body.Close()
			got.Body = io.NopCloser(strings.NewReader(string(text)))
			res, body = got, string(text)
			return got, err
		})}
		_, _ = c.Call(t.Context(), api.EnsVersion, action, map[string]string{"Format": "XML"}) // the recorded answer is checked below
		return res, body
	}
	res, body := ask("DescribeEnsRegions")
	var ok struct {
		XMLName   xml.Name
		RequestID string `xml:"RequestId"`
		Regions   []struct {
			ID string `xml:"EnsRegionId"`
		} `xml:"EnsRegions>EnsRegions"`
	}
	if err := xml.Unmarshal([]byte(body), &ok); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if ok.XMLName.Local != "DescribeEnsRegionsResponse" || len(ok.Regions) != 1 || ok.Regions[0].ID != "local" {
		t.Errorf("got %s", body)
	}
	if got := res.Header.Get("X-Acs-Request-Id"); got == "" || got != ok.RequestID {
		t.Errorf("RequestId %q in the header, %q in the answer", got, ok.RequestID)
	}
	res, body = ask("DescribeLoadBalancerListeners")
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "<Error>") || !strings.Contains(body, "<Code>MissingLoadBalancerId</Code>") {
		t.Errorf("an error: %d %s", res.StatusCode, body)
	}
}

// A query of a megabyte is refused, and the server continues to serve.
func TestHugeQuery(t *testing.T) {
	t.Parallel()
	n := node(t)
	res, err := http.Get("http://" + n.API + "/?" + url.Values{"Action": {strings.Repeat("x", 1<<20)}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode/100 != 4 {
		t.Errorf("status %d, want one of 4xx", res.StatusCode)
	}
	if err := describeRegions(n.RPC()); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

// Plain HTTP to a TLS port gets a plain 400 that names the cause.
func TestPlainHTTPToTLS(t *testing.T) {
	t.Parallel()
	f := NewSite(t, node(t), NewBackend(t, "a")).Listen(t, nil)
	c, err := net.Dial("tcp", f.HostPort())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", SiteName); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(strings.ToLower(string(body)), "https") {
		t.Errorf("got %d %q", res.StatusCode, body)
	}
}

// overTLS returns the arguments of a node whose API uses TLS.
func overTLS(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	pair := NewCertificate(t, "127.0.0.1")
	for name, text := range map[string]string{"cert.pem": pair.Chain, "key.pem": pair.Key} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"-api-cert", filepath.Join(dir, "cert.pem"), "-api-key", filepath.Join(dir, "key.pem")}
}

// With -api-cert the API uses TLS. The SDK only needs another scheme, and a policy can
// require it. A plain call is refused in the API's format; with -api-plain it is served,
// and policies see that it is plain.
func TestAPIOverTLS(t *testing.T) {
	t.Parallel()
	describe := func(client *ens.Client, scheme string) error {
		request := ens.CreateDescribeEnsRegionsRequest()
		request.Scheme = scheme
		client.SetHTTPSInsecure(true)
		_, err := client.DescribeEnsRegions(request)
		return err
	}
	const secureOnly = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` +
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}]}`
	for _, plain := range []bool{false, true} {
		args := append(overTLS(t), fmt.Sprintf("-api-plain=%v", plain))
		n := Start(t, Options{Args: args})
		if err := describe(n.SDK(t).ENS, "https"); err != nil {
			t.Errorf("-api-plain=%v, over TLS: %v", plain, err)
		}
		err := describe(n.SDK(t).ENS, "http")
		refusal, _ := errors.AsType[sdkerrors.Error](err)
		switch {
		case plain && err != nil:
			t.Errorf("-api-plain, by plain HTTP: %v", err)
		case !plain && (refusal == nil || refusal.ErrorCode() != "InvalidProtocol.NeedSsl"):
			t.Errorf("by plain HTTP: got %v, want InvalidProtocol.NeedSsl", err)
		}
		if !plain {
			continue
		}
		sdk := user(t, n, "careful", "Custom", "secure-only", secureOnly)
		checkAllowed(t, "over TLS", describe(sdk.ENS, "https"), true)
		checkAllowed(t, "by plain HTTP", describe(sdk.ENS, "http"), false)
		// The console, in which people enter passwords, requires TLS.
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get("http://" + n.API + "/console/login")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if to := res.Header.Get("Location"); res.StatusCode != http.StatusFound || !strings.HasPrefix(to, "https://"+n.API) {
			t.Errorf("the console by plain HTTP: %d, to %q", res.StatusCode, to)
		}
	}
}

// An invalid request, an invalid Host or a head that is too long gets an answer in the
// API's format, because clients parse every answer.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	n := node(t)
	for text, code := range map[string]string{
		"GET /?Action=X HTTP/1.1\r\nHost: a b\r\n\r\n": "MalformedRequest",
		"GET /\r\n\r\n": "MalformedRequest",
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 3<<20) + "\r\n\r\n": "RequestEntityTooLarge",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                           "InvalidAction.NotFound",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n":                                      "InvalidAction.NotFound",
	} {
		c, err := net.Dial("tcp", n.API)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, text) // the request may be refused before its end
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%.40q: %v", text, err)
		}
		body, err := io.ReadAll(res.Body)
		c.Close()
		var e rpc.Error
		if err != nil || json.Unmarshal(body, &e) != nil || e.Code != code || e.RequestID == "" {
			t.Errorf("%.40q: got %d %s, want %s (%v)", text, res.StatusCode, body, code, err)
		}
	}
}

// Every call has a line in the audit log with the caller, the operation, the source and
// the result, and without secrets.
func TestAudit(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	pair := NewCertificate(t, SiteName)
	Upload(t, n.SDK(t), pair)
	w := &world{Client: n.RPC()}
	_, err := patient(t, w.Client, operation(t, "GetUser"), map[string]string{"UserName": "nobody"})
	w.isRow(t, err, api.ErrUserNotExist)
	n.Stop(t)

	text, err := os.ReadFile(filepath.Join(n.Data(), "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
		lines = append(lines, line)
	}
	if len(lines) != 2 || !strings.Contains(lines[0], "UploadUserCertificate") || !strings.Contains(lines[1], "EntityNotExist.User") {
		t.Errorf("got %s", text)
	}
	if strings.Contains(string(text), "PRIVATE KEY") || strings.Contains(string(text), n.Secret) {
		t.Errorf("a secret is in the log: %s", text)
	}
}
