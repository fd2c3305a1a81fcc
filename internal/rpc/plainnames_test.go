package rpc

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// plainlySigned is a call as made by the official clients for Go and Node: the
// names of its query are escaped on the wire and not in the signed text.
func plainlySigned(params map[string]string) *http.Request {
	query := url.Values{}
	var names []string
	for name, value := range params {
		query.Set(name, value)
		names = append(names, name)
	}
	slices.Sort(names)
	var canonical []string
	for _, name := range names {
		canonical = append(canonical, name+"="+string(appendEscaped(nil, params[name])))
	}
	r := httptest.NewRequest("POST", "http://api.test/?"+query.Encode(), nil)
	signed := []string{"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
	hash := sha256.Sum256(nil)
	r.Header.Set(actionField, "A")
	r.Header.Set(versionField, "2017-11-10")
	r.Header.Set(dateField, "2026-11-30T12:00:00Z")
	r.Header.Set(nonceField, "n")
	r.Header.Set(hashField, hex.EncodeToString(hash[:]))
	text := "POST\n/\n" + strings.Join(canonical, "&") + "\n"
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	text += "\n" + strings.Join(signed, ";") + "\n" + hex.EncodeToString(hash[:])
	r.Header.Set("Authorization", methodV3+" Credential=ak,SignedHeaders="+strings.Join(signed, ";")+",Signature="+signV3("secret", stringToSignV3(text)))
	return r
}

// A query whose names were signed unescaped is accepted where it can stand for no
// other query, and refused if anything in it is changed.
func TestVerifyPlainNames(t *testing.T) {
	for _, tt := range []struct {
		name string
		ok   bool
	}{
		{"Tag.k8s.io/name", true},
		{"Tag.1.Key", true},
		{"a b", true},
		{"a+b", true},
		{"größe", true},
		{"a:b@c?d#e", true},
		{"a&b", false},
		{"a=b", false},
		{"a%2Fb", false},
		{"a\nb", false},
		{"a\x7fb", false},
	} {
		params := map[string]string{tt.name: "v/1", "Z": "z"}
		verify := func(r *http.Request) error {
			t.Helper()
			req, err := Parse(r)
			if err != nil {
				t.Fatalf("%q: %v", tt.name, err)
			}
			return req.Verify("secret")
		}
		if err := verify(plainlySigned(params)); (err == nil) != tt.ok {
			t.Errorf("%q: %v, want accepted %v", tt.name, err, tt.ok)
		}
		for what, change := range map[string]func(*http.Request){
			"a value":     func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "v%2F1", "v%2F2", 1) },
			"a name":      func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Z=", "Y=", 1) },
			"one more":    func(r *http.Request) { r.URL.RawQuery += "&X%2F=1" },
			"one less":    func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Z=z", "", 1) },
			"the version": func(r *http.Request) { r.Header.Set(versionField, "2020-04-07") },
		} {
			r := plainlySigned(params)
			if change(r); verify(r) == nil {
				t.Errorf("%q: accepted with %s changed", tt.name, what)
			}
		}
		req, err := Parse(plainlySigned(params))
		if err != nil {
			t.Fatal(err)
		}
		if req.Verify("other") == nil {
			t.Errorf("%q: accepted with another secret", tt.name)
		}
	}
}

// Two queries that differ never have the same form, escaped or plain.
func FuzzPlainQuery(f *testing.F) {
	f.Add("Tag.k8s.io/name", "v", "a", "b")
	f.Add("a&b", "c", "a%26b", "c")
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2 string) {
		one, two := map[string]string{n1: v1}, map[string]string{n2: v2}
		if n1 == n2 && v1 == v2 {
			return
		}
		p1, ok1 := plainQuery(one)
		p2, ok2 := plainQuery(two)
		if ok1 && ok2 && p1 == p2 || ok1 && p1 == canonicalParams(two, "") {
			t.Errorf("%v and %v have one form, %q", one, two, p1)
		}
	})
}
