package gateway

import (
	"context"
	"errors"
	"testing"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/rpc"
)

// How a key and a token are classified: a session, a stored key, or neither.
func TestLookUpKey(t *testing.T) {
	leak.Check(t)
	broken := errors.New("the store is gone")
	g := New(Config{
		Keys: func(_ context.Context, id string) (Credential, bool, error) {
			return Credential{Secret: "stored"}, id == "LTAI.key" || id == "STS.chosen", nil
		},
		Sessions: func(_ context.Context, _, token string) (Credential, error) {
			if token == "broken" {
				return Credential{}, broken
			}
			return Credential{Secret: "session"}, map[string]error{
				"expired": ErrTokenExpired, "cut": ErrTokenMalformed, "other": ErrTokenMismatch, "gone": ErrSessionGone,
			}[token]
		},
	})
	defer g.Close()
	for _, tt := range []struct{ key, token, secret, code string }{
		{"LTAI.key", "", "stored", ""},
		{"LTAI.key", "good", "", "InvalidSecurityToken.MismatchWithAccessKey"},
		{"LTAI.none", "", "", "InvalidAccessKeyId.NotFound"},
		{"STS.key", "good", "session", ""},
		{"STS.key", "", "", "MissingSecurityToken"},
		{"STS.chosen", "", "stored", ""},
		{"STS.key", "expired", "", "InvalidSecurityToken.Expired"},
		{"STS.key", "cut", "", "InvalidSecurityToken.Malformed"},
		{"STS.key", "other", "", "InvalidSecurityToken.MismatchWithAccessKey"},
		{"STS.key", "gone", "", "InvalidAccessKeyId.NotFound"},
	} {
		c := &call{g: g, req: &rpc.Request{AccessKeyID: tt.key, Token: tt.token}}
		got, err := c.lookUpKey(t.Context())
		code := ""
		if refusal, ok := errors.AsType[*api.Error](err); ok {
			code = refusal.Code
		}
		if code != tt.code || err == nil && got.Secret != tt.secret {
			t.Errorf("%s with %q: got %q, %v, want %q, %q", tt.key, tt.token, got.Secret, err, tt.secret, tt.code)
		}
	}
	c := &call{g: g, req: &rpc.Request{AccessKeyID: "STS.key", Token: "broken"}}
	if _, err := c.lookUpKey(t.Context()); !errors.Is(err, broken) {
		t.Errorf("a store that fails: %v", err)
	}
}
