package rpc

import (
	"net/http"
	"testing"
)

// Either signature covers the security token, and a different one is detected.
func TestTokenIsSigned(t *testing.T) {
	for _, algorithm := range []Algorithm{V1, V3} {
		client := &Client{Endpoint: "api.test", AccessKeyID: "STS.ak", Secret: "secret", Token: "token+/=", Algorithm: algorithm}
		send := func(change func(*http.Request)) (*Request, error) {
			r := received(t, client, map[string]string{"X": "1"})
			change(r)
			req, err := Parse(r)
			if err == nil {
				err = req.Verify("secret")
			}
			return req, err
		}
		req, err := send(func(*http.Request) {})
		if err != nil || req.Token != "token+/=" {
			t.Errorf("algorithm %d: token %q, %v", algorithm, req.Token, err)
		}
		_, err = send(func(r *http.Request) {
			if q := r.URL.Query(); q.Has("SecurityToken") {
				q.Set("SecurityToken", "other")
				r.URL.RawQuery = q.Encode()
			} else {
				r.Header.Set("X-Acs-Security-Token", "other")
			}
		})
		if got := code(err); got != "SignatureDoesNotMatch" {
			t.Errorf("algorithm %d, another token: got %q", algorithm, got)
		}
	}
	client := &Client{Endpoint: "api.test", AccessKeyID: "STS.ak", Secret: "secret", Token: "token"}
	r := received(t, client, nil)
	r.Header.Add("X-Acs-Security-Token", "token")
	if _, err := Parse(r); code(err) != "InvalidParameter.x-acs-security-token" {
		t.Errorf("two tokens: %v", err)
	}
}
