package rpc

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
)

// signedV1 is a query with everything that V1 needs.
const signedV1 = "Action=A&Version=2017-11-10&AccessKeyId=ak&Signature=s&SignatureMethod=HMAC-SHA1" +
	"&SignatureVersion=1.0&SignatureNonce=n&Timestamp=2026-01-02T03:04:05Z&SignatureType="

func formRequest(method, query, body string) *http.Request {
	r := httptest.NewRequest(method, "http://api.test/", strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if err != nil {
		return "not an *Error: " + err.Error()
	}
	return ""
}

func TestParseMergesQueryAndForm(t *testing.T) {
	req, err := Parse(formRequest("POST", signedV1+"&X=1&&Empty=", "Y=a+b%2Bc&Z=ä;=&X=1&T"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"X": "1", "Y": "a b+c", "Z": "ä;=", "Empty": "", "T": ""}
	got := maps.Clone(req.Params)
	maps.DeleteFunc(got, func(name, _ string) bool { _, ok := want[name]; return !ok })
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if req.Action != "A" || req.Version != "2017-11-10" || req.AccessKeyID != "ak" || req.Nonce != "n" ||
		req.Host != "api.test" || req.Format != JSON || req.Time.Unix() != 1767323045 {
		t.Errorf("got %+v", req)
	}
}

func TestParseRefuses(t *testing.T) {
	set := func(name, value string) string {
		q, _ := url.ParseQuery(signedV1)
		q.Set(name, value)
		return q.Encode()
	}
	for name, tt := range map[string]struct {
		method, query, body string
		status              int
		code                string
	}{
		"nothing":                 {"GET", "", "", 400, "MissingParameter"},
		"no version":              {"GET", "Action=A", "", 400, "MissingParameter"},
		"no access key":           {"GET", set("AccessKeyId", ""), "", 400, "MissingParameter"},
		"no signature":            {"GET", set("Signature", ""), "", 400, "MissingParameter"},
		"no nonce":                {"GET", set("SignatureNonce", ""), "", 400, "MissingParameter"},
		"no time":                 {"GET", set("Timestamp", ""), "", 400, "MissingParameter"},
		"no signature method":     {"GET", set("SignatureMethod", ""), "", 400, "MissingParameter"},
		"other signature method":  {"GET", set("SignatureMethod", "HMAC-MD5"), "", 400, "InvalidParameter"},
		"other signature version": {"GET", set("SignatureVersion", "2.0"), "", 400, "InvalidParameter"},
		"bearer token":            {"GET", set("SignatureType", "BEARERTOKEN"), "", 400, "InvalidParameter"},
		"long nonce":              {"GET", set("SignatureNonce", strings.Repeat("n", maxNonceBytes+1)), "", 400, "InvalidParameter"},
		"time without zone":       {"GET", set("Timestamp", "2026-01-02T03:04:05"), "", 400, "InvalidTimeStamp.Format"},
		"time in another zone":    {"GET", set("Timestamp", "2026-01-02T03:04:05+08:00"), "", 400, "InvalidTimeStamp.Format"},
		"unknown format":          {"GET", set("Format", "YAML"), "", 400, "InvalidParameter"},
		"twice in the query":      {"GET", signedV1 + "&X=1&X=2", "", 400, "InvalidParameter.X"},
		"query and form differ":   {"POST", signedV1 + "&X=1", "X=2", 400, "InvalidParameter.X"},
		"action twice":            {"POST", signedV1, "Action=B", 400, "InvalidParameter.Action"},
		"odd name twice":          {"GET", "a%0Ab=1&a%0Ab=2", "", 400, "InvalidParameter"},
		"bad escape in a value":   {"GET", "X=%4", "", 400, "InvalidX"},
		"bad escape in a name":    {"GET", "%4=1", "", 400, "InvalidParameter"},
		"value not UTF-8":         {"GET", "X=%FF", "", 400, "InvalidX"},
		"item not UTF-8":          {"GET", "X.1.Y=%FF", "", 400, "InvalidX"},
		"name not UTF-8":          {"GET", "%FF=X", "", 400, "InvalidParameter"},
		"too many parameters":     {"GET", numbered(maxParams + 1), "", 400, "InvalidParameter"},
		"longest query and one":   {"GET", strings.Repeat("x", maxQueryBytes+1), "", 413, "RequestEntityTooLarge"},
		"longest body and one":    {"POST", signedV1, strings.Repeat("x", maxBodyBytes+1), 413, "RequestEntityTooLarge"},
		"method":                  {"DELETE", signedV1, "", 403, "UnsupportedHTTPMethod"},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := Parse(formRequest(tt.method, tt.query, tt.body))
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Code != tt.code || e.Status != tt.status {
				t.Fatalf("got %v, want %d %s", err, tt.status, tt.code)
			}
			if req == nil || req.Host != "api.test" {
				t.Errorf("refused with the request %+v", req)
			}
		})
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "&p%d", i)
	}
	return b.String()
}

func TestParseLongest(t *testing.T) {
	query := signedV1 + "&X="
	query += strings.Repeat("x", maxQueryBytes-len(query))
	body := "Y=" + strings.Repeat("y", maxBodyBytes-2)
	if _, err := Parse(formRequest("POST", query, body)); err != nil {
		t.Error(err)
	}
}

// A refusal is encoded in the format that the client asked for, wherever it did.
func TestParseFormatOfRefusal(t *testing.T) {
	for _, r := range []*http.Request{
		formRequest("GET", "Format=XML", ""),
		formRequest("POST", "X=1", "Format=xml"),
		formRequest("POST", "Format=XML&X=1", "X=2"),
	} {
		if req, err := Parse(r); err == nil || req.Format != XML {
			t.Errorf("%s: got format %d and %v, want XML and an error", r.URL, req.Format, err)
		}
	}
}

func TestParseBody(t *testing.T) {
	r := formRequest("POST", signedV1, "X=1")
	r.Header.Set("Content-Type", "application/json")
	if _, err := Parse(r); code(err) != "UnsupportedParameter" {
		t.Errorf("a JSON body: got %v", err)
	}
	r = formRequest("POST", signedV1, "")
	r.Header.Del("Content-Type")
	if _, err := Parse(r); err != nil {
		t.Errorf("no body and no Content-Type: %v", err)
	}
	r = formRequest("POST", signedV1, "")
	r.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader("X=a+b&Y=%C3%A4")))
	if req, err := Parse(r); err != nil || req.Params["X"] != "a b" || req.Params["Y"] != "ä" {
		t.Errorf("a body that comes byte by byte: got %+v, %v", req, err)
	}
	r = formRequest("POST", signedV1, "")
	r.Body = io.NopCloser(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("X=1"))))
	if _, err := Parse(r); code(err) != "InvalidParameter" {
		t.Errorf("a body cut off: got %v", err)
	}
}

func TestParsePath(t *testing.T) {
	for _, path := range []string{"", "//", "/x", "/healthz"} {
		r := formRequest("GET", signedV1, "")
		r.URL.Path = path
		if _, err := Parse(r); code(err) != "InvalidAction.NotFound" {
			t.Errorf("path %q: got %v", path, err)
		}
	}
}

// A form cut off anywhere parses to something that the signature does not cover,
// or not at all.
func TestParseEveryPrefix(t *testing.T) {
	params := map[string]string{"Action": "A", "Version": "1", "AccessKeyId": "ak", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": "n", "Timestamp": "2026-01-02T03:04:05Z", "X": "ä"}
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	form.Set("Signature", signV1("secret", stringToSignV1("POST", params)))
	whole := form.Encode()
	for n := range len(whole) + 1 {
		req, err := Parse(formRequest("POST", "", whole[:n]))
		if err == nil {
			err = req.Verify("secret")
		}
		if n < len(whole) && err == nil {
			t.Errorf("accepted the first %d bytes: %q", n, whole[:n])
		} else if n == len(whole) && err != nil {
			t.Error(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("GET", signedV1, "", "", "")
	f.Add("POST", "Action=A&Format=XML", "X=1&Y=%20+&X=1", "", "")
	f.Add("POST", "X=%4&;=&&=", "\xff=%ff", "", "")
	f.Add("POST", "X=1", "", "ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=host;x-acs-action,Signature=00", "A")
	f.Fuzz(func(t *testing.T, method, query, body, authorization, action string) {
		r := formRequest("GET", query, body)
		r.Method = method
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
			for _, name := range []string{actionField, versionField, dateField, nonceField, hashField} {
				r.Header.Set(name, action)
			}
		}
		req, err := Parse(r)
		if err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Status < 400 || e.Code == "" || req == nil {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		if req.Action == "" || req.Version == "" || req.AccessKeyID == "" || req.Nonce == "" || req.Time.IsZero() {
			t.Fatalf("accepted %+v", req)
		}
		if err := req.Verify("a secret that signed nothing"); code(err) != "SignatureDoesNotMatch" {
			t.Fatalf("verified: %v", err)
		}
	})
}
