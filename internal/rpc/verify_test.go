package rpc

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// received is the server's view of a call that client makes.
func received(t *testing.T, client *Client, params map[string]string) *http.Request {
	t.Helper()
	sent, err := client.request(t.Context(), "2017-11-10", "A", params, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(sent.Method, sent.URL.String(), sent.Body)
	r.Header = sent.Header
	return r
}

// If anything in a signed request is changed, added or left out, it is refused.
func TestVerify(t *testing.T) {
	for _, tt := range []struct {
		name      string
		algorithm Algorithm
		change    func(*http.Request)
		code      string
	}{
		{"V1", V1, func(*http.Request) {}, ""},
		{"V1 another method", V1, func(r *http.Request) { r.Method = "GET" }, "SignatureDoesNotMatch"},
		{"V1 a value", V1, query("Action=A", "Action=B"), "SignatureDoesNotMatch"},
		{"V1 one more", V1, query("Action=A", "Action=A&Y="), "SignatureDoesNotMatch"},
		{"V1 one less", V1, query("&Format=JSON", ""), "SignatureDoesNotMatch"},
		{"V1 the form", V1, body("X=2"), "SignatureDoesNotMatch"},
		{"V1 no form", V1, body(""), "SignatureDoesNotMatch"},
		{"V1 unsigned fields", V1, header("X-Acs-Action", "B"), ""},
		{"V3", V3, func(*http.Request) {}, ""},
		{"V3 another method", V3, func(r *http.Request) { r.Method = "GET" }, "SignatureDoesNotMatch"},
		{"V3 another host", V3, func(r *http.Request) { r.Host = "other.test" }, "SignatureDoesNotMatch"},
		{"V3 another action", V3, header("X-Acs-Action", "B"), "SignatureDoesNotMatch"},
		{"V3 a field twice", V3, func(r *http.Request) { r.Header.Add("X-Acs-Action", "A") }, "InvalidParameter.x-acs-action"},
		{"V3 another date", V3, header("X-Acs-Date", "2026-01-02T03:04:05Z"), "SignatureDoesNotMatch"},
		{"V3 another nonce", V3, header("X-Acs-Signature-Nonce", "n"), "SignatureDoesNotMatch"},
		{"V3 no nonce", V3, func(r *http.Request) { r.Header.Del("X-Acs-Signature-Nonce") }, "MissingParameter"},
		{"V3 the form", V3, body("X=2"), "SignatureDoesNotMatch"},
		{"V3 a query", V3, func(r *http.Request) { r.URL.RawQuery = "Y=1" }, "SignatureDoesNotMatch"},
		{"V3 an action in the query", V3, func(r *http.Request) { r.URL.RawQuery = "Action=B" }, "InvalidParameter.Action"},
		{"V3 a token that is not signed", V3, header("X-Acs-Security-Token", "t"), "IncompleteSignature"},
		{"V1 a token more", V1, query("Action=A", "Action=A&SecurityToken=t"), "SignatureDoesNotMatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := &Client{Endpoint: "api.test", AccessKeyID: "ak", Secret: "secret", Algorithm: tt.algorithm}
			r := received(t, client, map[string]string{"X": "a+b *~"})
			tt.change(r)
			req, err := Parse(r)
			if err == nil {
				err = req.Verify("secret")
			}
			if got := code(err); got != tt.code {
				t.Errorf("got %q, want %q (%v)", got, tt.code, err)
			}
		})
	}
}

func query(old, changed string) func(*http.Request) {
	return func(r *http.Request) {
		if !strings.Contains(r.URL.RawQuery, old) {
			panic(r.URL.RawQuery + " has no " + old)
		}
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, old, changed, 1)
	}
}

func body(s string) func(*http.Request) {
	return func(r *http.Request) { r.Body = http.NoBody; r.Body = formRequest("POST", "", s).Body }
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// The message ends with the server's string to sign, so that a client can
// distinguish a wrong secret from a bug in how it signs.
func TestVerifyExplains(t *testing.T) {
	r := formRequest("GET", signedV1, "")
	req, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	q, _ := url.ParseQuery(signedV1)
	q.Del("Signature")
	toSign := "GET&%2F&" + url.QueryEscape(strings.ReplaceAll(q.Encode(), "+", "%20"))
	want := "SignatureDoesNotMatch: Specified signature is not matched with our calculation. server string to sign is:" + toSign
	if got := req.Verify("x").Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	client := &Client{Endpoint: "api.test", AccessKeyID: "ak", Secret: "secret"}
	if req, err = Parse(received(t, client, nil)); err != nil {
		t.Fatal(err)
	}
	e, _ := errors.AsType[*Error](req.Verify("x"))
	_, toSign, _ = strings.Cut(e.Message, "server string to sign is:")
	_, canonical, _ := strings.Cut(e.Recommend, "canonical request is:\n")
	if toSign != stringToSignV3(canonical) || !strings.HasPrefix(canonical, "POST\n/\n\ncontent-type:") {
		t.Errorf("got %+v", e)
	}
}

func TestParseAuthorization(t *testing.T) {
	const ok = "ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=host;x-acs-action,Signature=00"
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{ok, true},
		{"ACS3-HMAC-SHA256 SignedHeaders=host, Signature=00, Credential=ak", true},
		{"ACS3-HMAC-SHA256 Credential=a=b,SignedHeaders=host,Signature=00", true},
		{"", false},
		{"Basic dGVzdA==", false},
		{"ACS3-HMAC-SM3 Credential=ak,SignedHeaders=host,Signature=00", false},
		{"ACS3-RSA-SHA256 Credential=ak,SignedHeaders=host,Signature=00", false},
		{"ACS3-HMAC-SHA256", false},
		{"ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=host", false},
		{"ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=00", false},
		{"ACS3-HMAC-SHA256 Credential=ak,Credential=ak,SignedHeaders=host,Signature=00", false},
		{ok + ",", false},
		{ok + ",Other=1", false},
		{"ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=host;host,Signature=00", false},
		{"ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=x-acs-action;host,Signature=00", false},
		{"ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=Host,Signature=00", false},
		{"ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=;host,Signature=00", false},
		{ok + strings.Repeat("0", maxAuthorizationBytes), false},
	} {
		_, err := parseAuthorization(tt.in)
		if got := err == nil; got != tt.want || err != nil && code(err) != "IncompleteSignature" {
			t.Errorf("%.80q: got %v, want accepted %v", tt.in, err, tt.want)
		}
	}
}

// Every name that must be signed is reported if it is not.
func TestSignedHeadersAreComplete(t *testing.T) {
	client := &Client{Endpoint: "api.test", AccessKeyID: "ak", Secret: "secret"}
	for _, name := range []string{"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"} {
		r := received(t, client, nil)
		authorization := r.Header.Get("Authorization")
		cut := strings.Replace(authorization, ";"+name, "", 1)
		if cut == authorization {
			t.Fatalf("%s is not signed: %s", name, authorization)
		}
		r.Header.Set("Authorization", cut)
		if _, err := Parse(r); code(err) != "IncompleteSignature" {
			t.Errorf("without %s: got %v", name, err)
		}
	}
}

func FuzzParseAuthorization(f *testing.F) {
	f.Add("ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=host;x-acs-action,Signature=00")
	f.Add("ACS3-HMAC-SHA256 Credential=,=,;;;")
	f.Add("ACS3-HMAC-SM3 Credential=ak")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAuthorization(s)
		if err != nil {
			if code(err) != "IncompleteSignature" {
				t.Fatal(err)
			}
			return
		}
		whole := methodV3 + " Credential=" + a.accessKeyID + ",SignedHeaders=" + strings.Join(a.signed, ";") + ",Signature=" + a.signature
		if b, err := parseAuthorization(whole); err != nil || b.accessKeyID != a.accessKeyID || b.signature != a.signature {
			t.Fatalf("%q reads as %+v, and that as %+v, %v", s, a, b, err)
		}
	})
}

func TestCheckTime(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		signed time.Duration
		code   string
	}{
		{0, ""},
		{ClockWindow, ""},
		{-ClockWindow, ""},
		{ClockWindow + time.Second, "InvalidTimeStamp.Expired"},
		{-ClockWindow - time.Second, "InvalidTimeStamp.Expired"},
		{-1 << 63, "InvalidTimeStamp.Expired"},
	} {
		req := &Request{Time: now.Add(tt.signed)}
		if got := code(req.CheckTime(now)); got != tt.code {
			t.Errorf("signed %v from now: got %q, want %q", tt.signed, got, tt.code)
		}
	}
}

// The published samples, as received by a server.
func TestVerifyPublishedRequests(t *testing.T) {
	v1 := httptest.NewRequest("GET", "http://ecs.aliyuncs.com/?TimeStamp=2016-02-23T12%3A46%3A24Z&Format=XML&AccessKeyId=testid"+
		"&Action=DescribeRegions&SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"+
		"&Version=2014-05-26&SignatureVersion=1.0&Signature=CT9X0VtwR86fNWSnsc6v8YGOjuE%3D", nil)
	v3 := httptest.NewRequest("POST", "http://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", nil)
	for name, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"Authorization": "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;" +
			"x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
	} {
		v3.Header.Set(name, value)
	}
	for _, tt := range []struct {
		r              *http.Request
		secret, action string
		accessKeyID    string
	}{
		{v1, "testsecret", "DescribeRegions", "testid"},
		{v3, "YourAccessKeySecret", "RunInstances", "YourAccessKeyId"},
	} {
		req, err := Parse(tt.r)
		if err != nil {
			t.Fatal(err)
		}
		if err := req.Verify(tt.secret); err != nil {
			t.Error(err)
		}
		if req.Action != tt.action || req.Version != "2014-05-26" || req.AccessKeyID != tt.accessKeyID {
			t.Errorf("got %+v", req)
		}
	}
}

// The cost of a call before its signer is known.
func TestParseAndVerifyAllocations(t *testing.T) {
	for algorithm, limit := range map[Algorithm]float64{V1: 50, V3: 60} {
		client := &Client{Endpoint: "api.test", AccessKeyID: "ak", Secret: "secret", Algorithm: algorithm}
		r := received(t, client, map[string]string{"LoadBalancerId": "lb-1", "ListenerPort": "443"})
		body, _ := io.ReadAll(r.Body)
		got := testing.AllocsPerRun(100, func() {
			r.Body = io.NopCloser(bytes.NewReader(body))
			req, err := Parse(r)
			if err == nil {
				err = req.Verify("secret")
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if got > limit {
			t.Errorf("algorithm %d: %v allocations, want at most %v", algorithm, got, limit)
		}
	}
}
