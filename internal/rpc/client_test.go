package rpc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A server can verify what a client of either algorithm sends over a real
// connection, plain and with TLS.
func TestClientCall(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := Parse(r)
		if err == nil {
			err = req.Verify("secret")
		}
		if err == nil {
			err = req.CheckTime(time.Now())
		}
		if err != nil {
			t.Error(err)
		} else {
			_, _ = io.WriteString(w, req.Action+" "+req.Version+" "+req.Params["X"])
		}
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	for _, client := range []*Client{
		{Endpoint: strings.TrimPrefix(plain.URL, "http://")},
		{Endpoint: plain.URL + "/", Algorithm: V1},
		{Endpoint: secure.URL, HTTP: secure.Client()},
		{Endpoint: secure.URL, HTTP: secure.Client(), Algorithm: V1},
	} {
		client.AccessKeyID, client.Secret = "ak", "secret"
		long := strings.Repeat("ü +", 20_000)
		got, err := client.Call(t.Context(), "2017-11-10", "Describe", map[string]string{"X": long})
		if want := "Describe 2017-11-10 " + long; err != nil || string(got) != want {
			t.Errorf("%+v: got %.40q, %v", client, got, err)
		}
	}
}

func TestClientErrors(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   Error
	}{
		{
			400, `{"RequestId":"ID","HostId":"h","Code":"C","Message":"M","Recommend":"R","AccessDeniedDetail":{"AuthAction":"a"}}`,
			Error{Status: 400, RequestID: "ID", Code: "C", Message: "M", RetryAfter: 1500 * time.Millisecond},
		},
		{502, "<html>Bad Gateway</html>", Error{Status: 502, Code: "Http502", Message: `The server answered "<html>Bad Gateway</html>".`}},
		{500, "", Error{Status: 500, Code: "Http500", Message: `The server answered "".`}},
		{307, "", Error{Status: 307, Code: "Http307", Message: `The server answered "".`}},
		{400, `{"Code":7}`, Error{Status: 400, Code: "Http400", Message: `The server answered "{\"Code\":7}".`}},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("x-acs-retry-after", "1500")
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		}))
		_, err := (&Client{Endpoint: server.URL}).Call(t.Context(), "v", "A", nil)
		server.Close()
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%d %s: got %v", tt.status, tt.body, err)
			continue
		}
		got := Error{Status: e.Status, RequestID: e.RequestID, Code: e.Code, Message: e.Message, RetryAfter: e.RetryAfter}
		if got != tt.want {
			t.Errorf("%d %s:\ngot  %+v\nwant %+v", tt.status, tt.body, got, tt.want)
		}
	}
}

// A call ends when its context does, and its error contains nothing with which it
// could be repeated.
func TestClientGivesUp(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := (&Client{Endpoint: server.URL, AccessKeyID: "ak", Algorithm: V1}).Call(ctx, "v", "A", nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "Signature") {
		t.Errorf("the error has the signature: %v", err)
	}
	if _, err := (&Client{Endpoint: "http://[::1"}).Call(t.Context(), "v", "A", nil); err == nil {
		t.Error("called a URL that is none")
	}
}

// Both algorithms send the operation's parameters in the body, and no secret in
// the URL but V1's signature.
func TestClientRequest(t *testing.T) {
	for _, algorithm := range []Algorithm{V1, V3} {
		client := &Client{Endpoint: "api.test", AccessKeyID: "ak", Secret: "secret", Algorithm: algorithm}
		req, err := client.request(t.Context(), "v", "A", map[string]string{"Key": "PEM"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(req.Body)
		form, _ := url.ParseQuery(string(body))
		if form.Get("Key") != "PEM" || len(form) != 1 || req.URL.Query().Has("Key") || req.Method != "POST" {
			t.Errorf("algorithm %d: %s %s with %s", algorithm, req.Method, req.URL, body)
		}
	}
}
